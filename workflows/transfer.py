"""Export and import: a workflow as one document without secrets, which finds its connections again.

By ID in the same workspace, else by stable key; names are hints, and nothing is guessed in silence.
The document's JSON Schema is `docs/workflow.schema.json`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connections import access
from connections.models import Connection
from connectors import registry
from connectors.registry import UnknownConnector
from spojit.lib.errors import Refused
from spojit.lib.ids import NOBODY
from workflows import lifecycle
from workflows.definition import read, settings as kinds
from workflows.models import Workflow
from workflows.references import used
from workflows.surroundings import around
from workspaces import isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator, Mapping

    from workspaces.models import Membership, User, Workspace

FORMAT = "spojit.workflow/1"
MOST_CONNECTIONS = 500


class BadDocument(Refused):
    """It is no exported workflow."""

    code = "bad_document"
    message = "This is no workflow that was exported here."
    hint = "Export one, and import that file as it is."


class BadBinding(Refused):
    """A connection was chosen that does not fit, or that the document does not need."""

    code = "bad_binding"
    message = "A chosen connection does not fit."


@dataclass(frozen=True, slots=True)
class Needed:
    """A connection that a document needs, and what is proposed for it.

    Attributes:
        id: as in the document.
        found: what it is bound to when nothing else is chosen; nothing leaves its nodes open.
        by: how it was found, `id` or `stable_key`; empty when it was not.
        fitting: every connection of the workspace that could be chosen; other people's private
            ones are nobody else's business.
    """

    id: str
    name: str
    stable_key: str
    connector_key: str
    found: Connection | None
    by: str
    fitting: tuple[Connection, ...]


def export(workflow: Workflow, *, membership: Membership | None = None) -> dict[str, Any]:
    """Write a workflow's latest version as a document: no secrets, no IDs but of connections.

    Of private connections that the membership may not see, name and stable key stay out.
    """
    with isolation.workspace(workflow.workspace_id):
        latest = Workflow.objects.select_related("latest").get(pk=workflow.pk).latest
        definition = copy.deepcopy(latest.definition) if latest else lifecycle.EMPTY
        ids = {connection_id for (_, connection_id, _), _ in used(read(definition)[0])}
        rows = Connection.objects.filter(workspace_id=workflow.workspace_id)
        known = [row for row in rows.select_related("owner") if str(row.pk) in ids]
    told = [_told_of(row, membership) for row in known]
    return {
        "format": FORMAT,
        "name": workflow.name,
        "stable_key": workflow.stable_key,
        "tags": list(workflow.tags),
        "connections": sorted(told, key=lambda one: (one["name"].casefold(), one["id"])),
        "definition": definition,
    }


def needs(workspace: Workspace, document: Any, *, actor: Actor | User) -> list[Needed]:
    """List the connections that a document needs, each with what is proposed for it.

    Raises:
        BadDocument: it is no exported workflow.
    """
    told = _told(document)
    with isolation.workspace(workspace):
        known = around(workspace.pk, workflow=None, actor=Actor.of(actor)).connections
        present = Connection.objects.present().filter(workspace=workspace)
        rows = list(present.order_by("name", "pk"))
    return [_needed(one, [row for row in rows if known[str(row.pk)].may_bind]) for one in told]


def import_(
    workspace: Workspace,
    document: Any,
    *,
    bindings: Mapping[str, uuid.UUID | None],
    actor: Actor | User,
    name: str = "",
) -> Workflow:
    """Create a workflow, disabled, out of a document.

    A node whose connection is neither chosen nor found is left open: the version is a draft then.

    Args:
        workspace: where.
        document: as `export` wrote it.
        bindings: the chosen connection (None leaves its nodes open) by the ID in the document;
            what is not named here goes by what was found.
        actor: who imports.
        name: another name than the document's.

    Raises:
        BadDocument, BadBinding, NameTaken, NameMissing, DefinitionTooLarge: nothing was created.
    """
    needed = {one.id: one for one in needs(workspace, document, actor=actor)}
    chosen = {key: str(row.pk) if (row := one.found) else "" for key, one in needed.items()}
    for key, connection_id in bindings.items():
        chosen[key] = _chosen(needed.get(key), connection_id)
    definition = _bound(document["definition"], chosen)
    created = lifecycle.create(
        workspace, name=name or document["name"], actor=actor, definition=definition
    )
    return lifecycle.tag(created, tags=document.get("tags", []), actor=actor)


def _told_of(row: Connection, membership: Membership | None) -> dict[str, str]:
    is_seen = membership is None or access.may_see(membership, row)
    return {
        "id": str(row.pk),
        "stable_key": row.stable_key if is_seen else "",
        "connector": row.connector_id,
        "name": row.name if membership is None else access.shown_name(membership, row),
    }


def _told(document: Any) -> list[dict[str, str]]:
    """Read which connections a document needs. Raises: BadDocument."""
    is_ours = isinstance(document, dict) and document.get("format") == FORMAT
    if not is_ours or not isinstance(document.get("name"), str):
        raise BadDocument
    told, tags = document.get("connections", []), document.get("tags", [])
    if not isinstance(told, list) or len(told) > MOST_CONNECTIONS or "definition" not in document:
        raise BadDocument
    if not isinstance(tags, list) or not all(isinstance(one, str) for one in tags):
        raise BadDocument
    keys = {"id", "stable_key", "connector", "name"}
    for one in told:
        if not isinstance(one, dict) or set(one) != keys:
            raise BadDocument
        if not all(isinstance(value, str) for value in one.values()):
            raise BadDocument
    return told


def _needed(told: Mapping[str, str], rows: list[Connection]) -> Needed:
    fitting = tuple(row for row in rows if row.connector_id == told["connector"])
    found, by = _found(told, fitting)
    return Needed(
        id=told["id"],
        name=told["name"],
        stable_key=told["stable_key"],
        connector_key=told["connector"],
        found=found,
        by=by,
        fitting=fitting,
    )


def _found(
    told: Mapping[str, str], fitting: tuple[Connection, ...]
) -> tuple[Connection | None, str]:
    for row in fitting:
        if str(row.pk) == told["id"]:
            return row, "id"
    for row in fitting:
        if told["stable_key"] and row.stable_key == told["stable_key"]:
            return row, "stable_key"
    return None, ""


def _chosen(needed: Needed | None, connection_id: uuid.UUID | None) -> str:
    if needed is None:
        raise BadBinding("The document needs no such connection.")
    if connection_id is None:
        return ""
    if all(row.pk != connection_id for row in needed.fitting):
        raise BadBinding(f"The connection chosen for {needed.name} does not fit.")
    return str(connection_id)


def _bound(definition: Any, chosen: Mapping[str, str]) -> Any:
    """Put the chosen connections into every node; one that the document does not tell is opened."""
    bound = copy.deepcopy(definition)
    for holder in _holders(bound):
        holder["connection_id"] = chosen.get(holder["connection_id"], "") or _left_open(holder)
    return bound


def _left_open(holder: Mapping[str, Any]) -> str:
    """Name no connection; where a connector needs none, nobody's, lest it be called without."""
    try:
        is_optional = registry.get(holder.get("connector", "")).needs_connection == "optional"
    except UnknownConnector:
        return ""
    return str(NOBODY) if is_optional else ""


def _holders(definition: Any) -> Iterator[dict[str, Any]]:
    """Give each part of the JSON that names a connection."""
    graph, _ = read(definition)
    for node in graph.nodes:
        given = definition["nodes"][node.place].get("settings", {})
        if node.kind == "trigger" and isinstance(node.settings, kinds.Trigger):
            given = given.get("start", {})
        if isinstance(given.get("connection_id"), str) and given["connection_id"]:
            yield given
