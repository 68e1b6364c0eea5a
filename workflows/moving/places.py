"""Which steps use a connection, and whether each may use another one instead."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import TextField
from django.db.models.functions import Cast

from connections import access
from workflows import surroundings
from workflows.definition import read
from workflows.definition.graph import TRIGGER
from workflows.definition.validation import validate
from workflows.models import Reference, Workflow
from workspaces.models import Membership

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Iterable

    from connections.models import Connection
    from workflows.definition.surroundings import Surroundings
    from workspaces.audit import Actor

LIVE, LATEST, DRAFT = "live", "latest", "draft"


@dataclass(frozen=True, slots=True)
class Place:
    """One step that uses the connection.

    Attributes:
        tool: empty for a trigger.
        stands_in: `live`, `latest` and `draft`, as far as it stands there.
        problem: why it may not move; empty when it may.
    """

    workflow_id: uuid.UUID
    workflow_name: str
    is_enabled: bool
    node_id: str
    node_name: str
    tool: str
    stands_in: tuple[str, ...]
    problem: str = ""

    @property
    def key(self) -> str:
        """What it is chosen by."""
        return f"{self.workflow_id}:{self.node_id}"


@dataclass(slots=True)
class Case:
    """One workflow: its definitions by where they stand, as they would be, and what is wrong."""

    workflow: Workflow
    definitions: dict[str, Any]
    moved: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    obstacle: str = ""


def using(connection: Connection, *, is_locked: bool = False) -> list[Workflow]:
    """List the workflows that use it, in a version that counts or in their draft, by ID.

    They are locked in that order, and read once they are.
    """
    ids = set(Reference.objects.filter(connection=connection).values_list("workflow_id", flat=True))
    present = Workflow.objects.present().filter(workspace_id=connection.workspace_id)
    drafted = present.filter(draft__isnull=False).annotate(
        written=Cast("draft__definition", TextField())
    )
    ids |= set(drafted.filter(written__contains=str(connection.pk)).values_list("pk", flat=True))
    rows = present.filter(pk__in=ids).order_by("pk")
    if is_locked:
        ids = set(rows.select_for_update().values_list("pk", flat=True))
    read_rows = rows.filter(pk__in=ids).select_related("workspace", "live", "latest", "draft")
    return list(read_rows)


def cases(
    connection: Connection, rows: Iterable[Workflow], *, to: Connection | None, actor: Actor
) -> list[Case]:
    """Look at each workflow, and judge it when it is known what would be used instead."""
    found = [Case(row, _definitions(row)) for row in rows]
    if to is not None and found:
        for case in found:
            case.moved = _moved(case, connection, to)
        everything = [one for case in found for one in _all(case)]
        around = surroundings.around(
            connection.workspace_id, workflow=None, actor=actor, definitions=everything
        )
        for case in found:
            _judge(case, connection, to, surroundings.beside(around, workflow=case.workflow))
    return found


def _moved(case: Case, connection: Connection, to: Connection) -> dict[str, Any]:
    """Give each definition as it would be when everything moved."""
    return {
        where: rebound(one, node_ids=set(_uses(one, connection)), before=connection, to=to)
        for where, one in case.definitions.items()
    }


def _all(case: Case) -> list[Any]:
    return [*case.definitions.values(), *case.moved.values()]


def _definitions(workflow: Workflow) -> dict[str, Any]:
    """Give what stands where; a draft only when it is not just the latest version."""
    named = {LIVE: workflow.live, LATEST: workflow.latest, DRAFT: workflow.draft}
    found = {where: row.definition for where, row in named.items() if row is not None}
    if found.get(DRAFT) == found.get(LATEST):
        found.pop(DRAFT, None)
    return found


def _judge(case: Case, connection: Connection, to: Connection, around: Surroundings) -> None:
    """Find what would be wrong that is not wrong already."""
    refusal = _refusal(connection, to, around)
    for where, before in case.definitions.items():
        if refusal:
            case.problems |= dict.fromkeys(_uses(before, connection), refusal)
        _compare(case, before, case.moved[where], around, is_live=where == LIVE)


def _refusal(connection: Connection, to: Connection, around: Surroundings) -> str:
    """Say why nothing of it may move at all."""
    known = around.connections
    if to.pk == connection.pk:
        return "It is the same connection."
    if to.connector_id != connection.connector_id or not is_same_kind(connection, to):
        return f"{to.name} is a connection of another kind."
    pair = [known.get(str(one.pk)) for one in (connection, to)]
    if any(one is not None and not one.may_bind for one in pair):
        return "It is private, and you may not edit a step that uses it."
    return ""


def _compare(case: Case, before: Any, after: Any, around: Surroundings, *, is_live: bool) -> None:
    old = {(one.node_id, one.field, one.message) for one in validate(before, around)[1]}
    for one in validate(after, around)[1]:
        if (one.node_id, one.field, one.message) not in old:
            case.problems.setdefault(one.node_id, one.message)
        elif is_live and not case.obstacle:
            case.obstacle = f"What is live could not go live again: {one.message}"


def _uses(definition: Any, connection: Connection) -> dict[str, tuple[str, str]]:
    """Give name and tool of each node that uses a connection, by the node's ID."""
    told = {node.id: (node, _naming(node.kind, node.given)) for node in read(definition)[0].nodes}
    return {
        node_id: (node.name, str(holder.get("tool", "")))
        for node_id, (node, holder) in told.items()
        if holder.get("connection_id") == str(connection.pk)
    }


def _naming(kind: str, settings: Any) -> dict[str, Any]:
    """Give the part of a node's settings that may name a connection, however wrong the rest is."""
    found = settings.get("start") if kind == TRIGGER else settings
    return found if kind in {TRIGGER, "connector"} and isinstance(found, dict) else {}


def places(connection: Connection, cases: list[Case]) -> tuple[Place, ...]:
    """List the steps that use the connection, by workflow."""
    found = [place for case in cases for place in _places_of(connection, case)]
    return tuple(sorted(found, key=lambda place: (place.workflow_name.casefold(), place.key)))


def _places_of(connection: Connection, case: Case) -> list[Place]:
    uses = {where: _uses(one, connection) for where, one in case.definitions.items()}
    told = {node_id: facts for found in uses.values() for node_id, facts in found.items()}
    workflow = case.workflow
    return [
        Place(
            workflow_id=workflow.pk,
            workflow_name=workflow.name,
            is_enabled=workflow.is_enabled and node_id in uses.get(LIVE, {}),
            node_id=node_id,
            node_name=name,
            tool=tool,
            stands_in=tuple(where for where, found in uses.items() if node_id in found),
            problem=case.problems.get(node_id)
            or (case.obstacle if node_id in uses.get(LIVE, {}) else ""),
        )
        for node_id, (name, tool) in told.items()
    ]


def rebound(
    definition: Any, *, node_ids: Collection[str], before: Connection, to: Connection
) -> Any:
    """Give a definition in which these nodes name another connection. Pure."""
    bound = copy.deepcopy(definition)
    for node in read(bound)[0].nodes:
        holder = _naming(node.kind, bound["nodes"][node.place].get("settings", {}))
        if node.id in node_ids and holder.get("connection_id") == str(before.pk):
            holder["connection_id"] = str(to.pk)
    return bound


def is_same_kind(connection: Connection, other: Connection) -> bool:
    """Whether both take deliveries, or both make calls."""
    return other.manifest_scheme.is_inbound == connection.manifest_scheme.is_inbound


def membership_of(connection: Connection, actor: Actor) -> Membership | None:
    """Find who acts among the members; the system is none of them."""
    if actor.id is None:
        return None
    rows = Membership.objects.filter(workspace_id=connection.workspace_id, user_id=actor.id)
    found: Membership = rows.get()
    return found


def is_open(membership: Membership | None, row: Connection) -> bool:
    """Whether somebody may use a connection; the system may use all."""
    return membership is None or access.may_use(membership, row)
