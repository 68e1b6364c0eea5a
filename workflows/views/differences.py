"""What differs between two versions, in words: IDs become names, values become text."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from connections import access
from connections.models import Connection
from workflows.definition.comparing import ABSENT
from workflows.models import Workflow
from workspaces.models import Membership

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from workflows.definition.comparing import Comparison, Field, Node
    from workspaces.access import WorkspaceRequest

MOST_FIELDS = 100
LONGEST_TEXT = 4_000
KINDS = {
    "trigger": "Trigger",
    "connector": "Connector",
    "condition": "Condition",
    "loop": "Loop",
    "parallel": "Parallel",
    "transform": "Transform",
    "approval": "Approval",
    "sub_workflow": "Sub-workflow",
    "email": "E-mail",
    "response": "Response",
    "delay": "Delay",
}
BADGES = {"added": "good", "removed": "bad", "changed": "warn"}
_NAMED = re.compile(r"(^|\.)(connection_id|workflow_id|approvers\[\d+\])$")


class Shown(NamedTuple):
    """A field: its path, and its value on each side; None where that side has none."""

    path: str
    before: str | None
    after: str | None


def shown(
    request: WorkspaceRequest, compared: Comparison, *, problems: list[dict[str, Any]]
) -> dict[str, Any]:
    """Show a comparison: the nodes that differ, how many do not, and the wires."""
    names = _names(request, [field for node in compared.nodes for field in node.fields])
    differing = [node for node in compared.nodes if node.change != "same"]
    return {
        "is_same": compared.is_same,
        "nodes": [_node(node, names, problems) for node in differing],
        "added": compared.count("added"),
        "removed": compared.count("removed"),
        "changed": compared.count("changed"),
        "same": [node.name or node.id for node in compared.nodes if node.change == "same"],
        "wires_added": compared.wires_added,
        "wires_removed": compared.wires_removed,
    }


def _node(node: Node, names: Mapping[str, str], problems: list[dict[str, Any]]) -> dict[str, Any]:
    fields = _told(node)
    return {
        "id": node.id,
        "name": node.name or node.id,
        "kind": KINDS.get(node.kind, node.kind),
        "change": node.change,
        "badge": BADGES.get(node.change, ""),
        "fields": [
            Shown(field.path, _text(field, field.before, names), _text(field, field.after, names))
            for field in fields[:MOST_FIELDS]
        ],
        "more_fields": len(fields[MOST_FIELDS:]),
        "problems": [one for one in problems if one.get("node_id") == node.id],
    }


def _told(node: Node) -> list[Field]:
    """List the fields of a node: its head says name and kind, unless one of them changed."""
    is_one_sided = node.change != "changed"
    heads = {"name", "kind"} if is_one_sided else set()
    return [field for field in node.fields if field.path not in heads]


def _text(field: Field, value: Any, names: Mapping[str, str]) -> str | None:
    if value is ABSENT:
        return None
    if isinstance(value, str) and _NAMED.search(field.path):
        return names.get(value, value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _names(request: WorkspaceRequest, fields: Iterable[Field]) -> dict[str, str]:
    """Find the names behind IDs of connections, workflows and members; in the scope."""
    ids = set(_ids(fields))
    if not ids:
        return {}
    workspace = request.workspace
    rows = Connection.objects.filter(workspace=workspace, pk__in=ids).select_related("owner")
    workflows = Workflow.objects.filter(workspace=workspace, pk__in=ids)
    members = Membership.objects.filter(workspace=workspace, user_id__in=ids)
    return {
        **{str(row.pk): access.shown_name(request.membership, row) for row in rows},
        **{str(pk): name for pk, name in workflows.values_list("pk", "name")},
        **{str(row.user_id): str(row.user) for row in members.select_related("user")},
    }


def _ids(fields: Iterable[Field]) -> Iterator[uuid.UUID]:
    for field in fields:
        for value in (field.before, field.after):
            if isinstance(value, str) and _NAMED.search(field.path):
                try:
                    yield uuid.UUID(value)
                except ValueError:
                    continue
