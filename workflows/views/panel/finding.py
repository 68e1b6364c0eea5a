"""Finds the step that the panel is about, in the draft, and who may change it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

from connections import access
from connections.models import Connection
from workflows.definition import read
from workflows.trying import PrivateConnection
from workflows.views import finding
from workflows.views.panel.gone import StepGone
from workspaces.roles import Permission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflows.definition import Graph, Node, Problem
    from workflows.models import Workflow
    from workspaces.access import WorkspaceRequest


@dataclass(frozen=True, slots=True)
class Chosen:
    """A step of the draft.

    Attributes:
        number: the draft's revision; 0 while nothing was edited.
        unread: what reading the draft told.
        bound: the step's connection.
    """

    workflow: Workflow
    number: int
    graph: Graph
    node: Node
    unread: list[Problem]
    bound: Connection | None


def chosen(request: WorkspaceRequest, workflow_id: uuid.UUID, node_id: str) -> Chosen:
    """Find a step; 404 when the draft has none of that ID."""
    workflow = finding.workflow(request, workflow_id)
    source = workflow.draft or workflow.latest  # as `drafts.current` has it, and here already
    graph, unread = read(source.definition if source else {})
    node = graph.by_id.get(node_id)
    if node is None:
        raise StepGone
    number = workflow.draft.number if workflow.draft else 0
    return Chosen(workflow, number, graph, node, unread, _present(request, named(node.given)))


def editable(request: WorkspaceRequest, workflow_id: uuid.UUID, node_id: str) -> Chosen:
    """Find a step that this member may change."""
    found = chosen(request, workflow_id, node_id)
    if why_not(request, found):
        raise PermissionDenied
    return found


def why_not(request: WorkspaceRequest, found: Chosen) -> str:
    """Say why a member may not change a step; nothing when they may."""
    if not request.membership.may(Permission.BUILD_WORKFLOWS):
        return "Viewers read; to change steps, ask an admin for the role of a member."
    if found.bound is not None and not access.may_use(request.membership, found.bound):
        name = access.shown_name(request.membership, found.bound)
        return f"This step uses {name}; only its owner and the admins may change it."
    return ""


def refuse_private(
    request: WorkspaceRequest, before: Mapping[str, Any], settings: Mapping[str, Any]
) -> None:
    """Let nobody bind a private connection of somebody else. Raises: PrivateConnection."""
    wanted = named(settings)
    if not wanted or wanted == named(before):
        return
    row = _present(request, wanted)
    if row is not None and not access.may_use(request.membership, row):
        name = access.shown_name(request.membership, row)
        raise PrivateConnection(f"Only its owner and the admins may use {name}.")


def named(settings: Mapping[str, Any]) -> str:
    """Return the ID of the connection that settings name, of a call or of a trigger."""
    start = settings.get("start")
    found = start.get("connection_id") if isinstance(start, dict) else None
    return str(found or settings.get("connection_id") or "")


def _present(request: WorkspaceRequest, connection_id: str) -> Connection | None:
    """Find a connection of the workspace; removed ones are nobody's any more."""
    try:
        wanted = uuid.UUID(connection_id)
    except ValueError:
        return None
    rows = Connection.objects.present().filter(workspace_id=request.workspace.pk)
    row: Connection | None = rows.select_related("owner").filter(pk=wanted).first()
    return row
