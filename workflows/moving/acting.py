"""Moves all or chosen references in one act: new versions of their workflows, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from connections.models import Connection
from spojit.lib.errors import Refused
from workflows import drafts, versions
from workflows.models import Run, RunStatus, Workflow
from workflows.moving import places as finding
from workflows.moving.places import DRAFT, LATEST, LIVE, Case, Place
from workspaces import audit, isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    from collections.abc import Collection

    from workspaces.models import User


class CannotMove(Refused):
    """A reference may not move, so none did; the message names it."""

    code = "cannot_move"
    message = "The other connection does not fit."
    hint = "Leave it out, or choose another connection."


class NothingChosen(Refused):
    """There is nothing to move."""

    code = "nothing_chosen"
    message = "No step was chosen, so nothing moved."


class Changed(Refused):
    """What was chosen is not there any more."""

    code = "changed"
    message = "Somebody changed these workflows meanwhile, so nothing moved."
    hint = "Look at the list again."


@dataclass(frozen=True, slots=True)
class Preview:
    """What would move, and how many runs keep waiting for the connection they started with."""

    places: tuple[Place, ...]
    held: int

    @property
    def is_free(self) -> bool:
        """Whether everything may move."""
        return not any(place.problem for place in self.places)


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved: the workflows with their new latest versions, and how many steps."""

    workflows: tuple[Workflow, ...]
    steps: int
    is_left: bool


def fitting(connection: Connection, *, actor: Actor | User) -> list[Connection]:
    """List what could stand instead of a connection: of the same kind, and open to this person."""
    with isolation.workspace(connection.workspace_id):
        rows = Connection.objects.present().filter(
            workspace_id=connection.workspace_id, connector_id=connection.connector_id
        )
        others = rows.exclude(pk=connection.pk).select_related("owner").order_by("name", "pk")
        membership = finding.membership_of(connection, Actor.of(actor))
        alike = [row for row in others if finding.is_same_kind(connection, row)]
        return [row for row in alike if finding.is_open(membership, row)]


def preview(connection: Connection, *, to: Connection | None, actor: Actor | User) -> Preview:
    """List every step that uses a connection, and whether it may use another one instead.

    With no other connection, the steps are listed and nothing is said against them.
    """
    with isolation.workspace(connection.workspace_id):
        rows = finding.using(connection)
        cases = finding.cases(connection, rows, to=to, actor=Actor.of(actor))
        held = Run.objects.filter(
            workspace_id=connection.workspace_id,
            waits_for_id=connection.pk,
            status=RunStatus.WAITING,
        )
        return Preview(finding.places(connection, cases), held.count())


def move(
    connection: Connection,
    *,
    to: Connection,
    chosen: Collection[str] | None = None,
    actor: Actor | User,
) -> Moved:
    """Let all steps that use a connection, or those chosen by key, use another one from now on.

    Raises:
        CannotMove, NothingChosen, Changed: nothing moved.
        DefinitionTooLarge: nothing moved.
    """
    actor = Actor.of(actor)
    with isolation.workspace(connection.workspace_id):
        connection, to = _locked_connections(connection, to)
        rows = finding.using(connection, is_locked=True)
        cases = finding.cases(connection, rows, to=to, actor=actor)
        places = finding.places(connection, cases)
        moving = _chosen(places, chosen)
        for case in cases:
            node_ids = {place.node_id for place in moving if place.workflow_id == case.workflow.pk}
            if node_ids:
                _move_case(case, node_ids, connection, to, actor=actor)
        _record(connection, to, moving, actor=actor)
    touched = {place.workflow_id for place in moving}
    workflows = tuple(case.workflow for case in cases if case.workflow.pk in touched)
    return Moved(workflows, len(moving), is_left=len(moving) < len(places))


def _locked_connections(*pair: Connection) -> list[Connection]:
    """Lock both, first of all and by ID, but let others go on referring to them."""
    rows = Connection.objects.present().select_for_update(of=("self",), no_key=True)
    named = rows.select_related("owner", "workspace").filter(pk__in=[one.pk for one in pair])
    found = {row.pk: row for row in named.order_by("pk")}
    if len(found) < len({one.pk for one in pair}):
        raise CannotMove("One of the connections is not here any more.", hint="")
    return [found[one.pk] for one in pair]


def _chosen(places: tuple[Place, ...], keys: Collection[str] | None) -> list[Place]:
    """Pick what moves. Raises: NothingChosen, Changed, CannotMove."""
    wanted = {place.key for place in places} if keys is None else set(keys)
    if not wanted:
        raise NothingChosen
    moving = [place for place in places if place.key in wanted]
    if len(moving) < len(wanted):
        raise Changed
    for place in moving:
        if place.problem:
            name = f"{place.node_name} of {place.workflow_name}"
            raise CannotMove(f"Nothing moved because of {name}: {place.problem}")
    return moving


def _move_case(
    case: Case, node_ids: set[str], connection: Connection, to: Connection, *, actor: Actor
) -> None:
    workflow = case.workflow
    change = partial(finding.rebound, node_ids=node_ids, before=connection, to=to)
    note = f"Uses {_shown(to)} instead of {_shown(connection)}"
    _save(case, {where: change(one) for where, one in case.definitions.items()}, actor, note)
    if DRAFT in case.definitions:
        drafts.edit(workflow, change, said=note[:200], actor=actor)
    elif workflow.draft_id is not None:
        drafts.follow(workflow, actor=actor)
    details = {"from": _shown(connection), "to": _shown(to), "steps": len(node_ids)}
    audit.record(
        workflow.workspace, actor=actor, act="workflow.moved", subject=workflow, details=details
    )


def _save(case: Case, moved: dict[str, Any], actor: Actor, note: str) -> None:
    """Save what changed as new versions; what is live goes live again."""
    workflow, before = case.workflow, case.definitions
    if workflow.live_id not in {None, workflow.latest_id} and moved[LIVE] != before[LIVE]:
        try:
            versions.replace(
                workflow, live=moved[LIVE], latest=moved[LATEST], actor=actor, note=note
            )
        except versions.Unsound as refused:
            raise CannotMove(f"{workflow.name}: {refused.message}") from None
    elif moved.get(LATEST) != before.get(LATEST):
        was_live = workflow.live_id == workflow.latest_id
        version = versions.save(workflow, definition=moved[LATEST], actor=actor, note=note)
        if was_live and not version.is_sound:
            raise CannotMove(f"{workflow.name}: {version.problems[0]['message']}")


def _shown(connection: Connection) -> str:
    """Name a connection for everybody, as a private one is named."""
    if connection.is_private:
        return f"a private connection of {connection.owner or 'a former member'}"
    return connection.name


def _record(connection: Connection, to: Connection, moving: list[Place], *, actor: Actor) -> None:
    names = sorted({place.workflow_name for place in moving})
    details = {"to": _shown(to), "workflows": names, "steps": len(moving)}
    audit.record(
        connection.workspace,
        actor=actor,
        act="connection.replaced",
        subject=connection,
        details=details,
    )
