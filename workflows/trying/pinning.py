"""Pins: what a node is taken to have given when a later step is tried. Runs never look at them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spojit.lib import clock
from spojit.lib.errors import Refused
from spojit.lib.ids import new_id
from workflows import drafts
from workflows.definition import read
from workflows.models import Pin, Workflow
from workflows.runs import values
from workflows.trying import privacy
from workspaces import isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from workflows.definition import Graph
    from workspaces.models import Membership, User


class NoSuchStep(Refused):
    """The draft has no such step."""

    code = "no_such_step"
    message = "This step is not in the draft any more."


@dataclass(frozen=True, slots=True)
class Pinned:
    """A pin as pages show it; `is_hidden`: of a private connection that the viewer may not see."""

    data: Any
    is_cut: bool
    at: datetime
    by: str
    is_hidden: bool = False


def pin(workflow: Workflow, *, node_id: str, data: Any, actor: Actor | User) -> Pin:
    """Take a node to have given this, whenever a later step is tried.

    To a trigger is pinned what it brings; to a loop, the list that it goes over.

    Raises:
        NoSuchStep, TooLarge, PrivateConnection: nothing was pinned.
    """
    actor = Actor.of(actor)
    with isolation.workspace(workflow.workspace_id):
        locked = Workflow.objects.select_for_update(of=("self",)).get(pk=workflow.pk)
        _refuse(locked, node_id, actor)
        Pin.objects.filter(workflow=locked, node_id=node_id).delete()
        made = Pin(
            id=new_id(),
            workspace_id=locked.workspace_id,
            workflow=locked,
            node_id=node_id,
            pinned_at=clock.now(),
            pinned_by_name=actor.name,
        )
        made.data_sealed = values.seal(data, **_place(made))
        made.save(force_insert=True)
    return made


def unpin(workflow: Workflow, *, node_id: str, actor: Actor | User) -> None:
    """Take a pin away, if there is one. Raises: PrivateConnection."""
    with isolation.workspace(workflow.workspace_id):
        rows = Pin.objects.filter(workflow=workflow, node_id=node_id)
        if rows.exists():
            _refuse_private(_graph(workflow), node_id, Actor.of(actor), workflow)
            rows.delete()


def pinned(
    workflow: Workflow, *, membership: Membership | None = None, graph: Graph | None = None
) -> dict[str, Pinned]:
    """Give the pins of a workflow by node, as a member may see them; `graph` is of its draft."""
    with isolation.workspace(workflow.workspace_id):
        rows = list(Pin.objects.filter(workflow=workflow))
        bound = privacy.bound(graph or _graph(workflow)) if rows else {}
        hidden = privacy.hidden_from(membership, [bound.get(row.node_id) for row in rows])
        return {row.node_id: _shown(row, bound.get(row.node_id) in hidden) for row in rows}


def opened(workflow: Workflow, node_ids: Collection[str]) -> dict[str, Any]:
    """Open what is pinned to these nodes, in the workspace's scope; for tries, never for pages."""
    rows = Pin.objects.filter(workflow=workflow, node_id__in=node_ids)
    return {row.node_id: values.open_(row.data_sealed, **_place(row)) for row in rows}


def _shown(row: Pin, is_hidden: bool) -> Pinned:  # noqa: FBT001 - a fact of the row
    if is_hidden:
        return Pinned(None, is_cut=False, at=row.pinned_at, by=row.pinned_by_name, is_hidden=True)
    text, is_cut = values.shown(values.open_(row.data_sealed, **_place(row)))
    data = None if text is None else json.loads(text)
    return Pinned(data, is_cut=is_cut, at=row.pinned_at, by=row.pinned_by_name)


def _refuse(workflow: Workflow, node_id: str, actor: Actor) -> None:
    graph = _graph(workflow)
    if node_id not in graph.by_id:
        raise NoSuchStep
    _refuse_private(graph, node_id, actor, workflow)


def _refuse_private(graph: Graph, node_id: str, actor: Actor, workflow: Workflow) -> None:
    connection_id = privacy.bound(graph).get(node_id)
    if connection_id is not None:
        names = {connection_id: graph.by_id[node_id].name}
        privacy.refuse_hidden(actor, workflow.workspace_id, names, what="pin data to it")


def _graph(workflow: Workflow) -> Graph:
    return read(drafts.current(workflow).definition)[0]


def _place(row: Pin) -> dict[str, Any]:
    return {
        "workspace_id": row.workspace_id,
        "table": values.PIN_TABLE,
        "row": row.pk,
        "purpose": values.PINNED,
    }
