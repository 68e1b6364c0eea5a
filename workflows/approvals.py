"""Approvals: who may decide them, deciding one, and the inbox of those that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from connections.models import Connection, Delivery
from spojit.lib import clock
from spojit.lib.errors import Refused
from workflows.models import Approval, Decision, Run, Step
from workflows.nodes import asking
from workflows.runs import answering
from workspaces import audit, isolation, notices
from workspaces.audit import Actor
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Sequence

    from workspaces.models import Membership, User

LONGEST_NOTE = 500
MOST_COUNTED = 100


class AlreadyDecided(Refused):
    """Somebody decided it before; the message says who."""

    code = "already_decided"
    message = "This was decided already."


class DeadlinePassed(Refused):
    """It was rejected by the clock."""

    code = "deadline_passed"
    message = "The deadline has passed, so this counts as rejected."


class RunEnded(Refused):
    """The run was cancelled, or failed, before anybody decided."""

    code = "run_ended"
    message = "The run has ended, so there is nothing to decide any more."


class NotAsked(Refused):
    """Others are asked."""

    code = "not_asked"
    message = "Others were asked to decide this."


def decide(approval: Approval, *, decision: str, note: str, actor: Actor | User) -> Approval:
    """Approve or reject, and let the run go on; of several who decide at once, one does.

    Args:
        approval: the question.
        decision: `approved` or `rejected`.
        note: why, in a few words; the run gets it, too.
        actor: who decides.

    Raises:
        NotAsked, RunEnded, DeadlinePassed, AlreadyDecided: nothing was changed.
    """
    who, now = Actor.of(actor), clock.now()
    with isolation.workspace(approval.workspace_id):
        run: Run = Run.objects.select_for_update(of=("self",)).get(pk=approval.run_id)
        found: Approval = Approval.objects.select_related("workspace").get(pk=approval.pk)
        _refuse(found, run, who)
        found.decision, found.decided_at = Decision(decision), now
        found.decided_by_id, found.decided_by_name = who.id, who.name[:254]
        found.note = " ".join(note.split())[:LONGEST_NOTE]
        undecided = Approval.objects.filter(pk=found.pk, decision="")
        if not undecided.update(**{name: getattr(found, name) for name in _DECIDED}):
            raise AlreadyDecided  # by the clock, right now
        notices.close(found.workspace, subject_id=found.pk)
        answering.wake(run.pk)
        audit.record(found.workspace, actor=who, act=f"approval.{decision}", subject=found)
    return found


_DECIDED = ("decision", "decided_at", "decided_by_id", "decided_by_name", "note")


def _refuse(approval: Approval, run: Run, who: Actor) -> None:
    asked = {user.pk for user in asking.people(approval.workspace_id, approval.approvers)}
    if who.id not in asked:
        raise NotAsked
    if approval.decision == Decision.EXPIRED:
        raise DeadlinePassed
    if approval.decision:
        word = Decision(approval.decision).label.lower()
        raise AlreadyDecided(f"{approval.decided_by_name} {word} this already.")
    if run.is_finished:
        raise RunEnded
    if approval.deadline_at <= clock.now():
        raise DeadlinePassed


def open_to_all(workspace_id: uuid.UUID) -> QuerySet[Approval]:
    """Return what can still be decided, what ends first before the rest."""
    rows: QuerySet[Approval] = Approval.objects.filter(
        workspace_id=workspace_id,
        decision="",
        run__finished_at=None,
        deadline_at__gt=clock.now(),
    )
    return rows.select_related("run__workflow").order_by("deadline_at", "pk")


def over(workspace_id: uuid.UUID) -> QuerySet[Approval]:
    """Return what was decided, or is not asked any more; the newest first."""
    rows: QuerySet[Approval] = Approval.objects.filter(workspace_id=workspace_id)
    ended = ~Q(decision="") | Q(run__finished_at__isnull=False) | Q(deadline_at__lte=clock.now())
    return rows.filter(ended).select_related("run__workflow").order_by("-created_at", "-pk")


def waiting_for(membership: Membership) -> list[Approval]:
    """List what this member may decide now, in the open scope; what ends first before the rest."""
    if not membership.may(Permission.BUILD_WORKFLOWS):
        return []
    rows = list(open_to_all(membership.workspace_id)[:MOST_COUNTED])
    asked = asked_of(membership, rows)
    return [row for row in rows if row.pk in asked]


def asked_of(membership: Membership, rows: Collection[Approval]) -> set[uuid.UUID]:
    """Tell which of these a member may decide, as `asking.people` does, for many at once."""
    asked = _are_for(membership, [row.approvers for row in rows])
    return {row.pk for row, is_for in zip(rows, asked, strict=True) if is_for}


def count_asked(membership: Membership, approvers: Sequence[Sequence[str]]) -> int:
    """Count the questions that a member may decide, given whom each of them names."""
    return sum(_are_for(membership, approvers))


def _are_for(membership: Membership, approvers: Sequence[Sequence[str]]) -> list[bool]:
    """Say of each question whether a member may decide it; admins may when nobody named can."""
    if not approvers or not membership.may(Permission.BUILD_WORKFLOWS):
        return [False] * len(approvers)
    me, is_admin = str(membership.user_id), membership.role in asking.ADMINS
    here: set[str] = set()
    if is_admin and any(named and me not in named for named in approvers):
        here = {str(row.user_id) for row in asking.builders(membership.workspace_id)}
    return [me in named or (is_admin and not here & set(named)) for named in approvers]


def withheld(membership: Membership, rows: Collection[Approval]) -> set[uuid.UUID]:
    """Tell whose message a member may not read: it may hold what a private connection gave.

    Whoever is asked reads it; so do admins, and whoever may see all connections of the run.
    """
    if membership.may(Permission.MANAGE_ANY_CONNECTION):
        return set()
    hidden = Connection.objects.filter(is_private=True).exclude(owner_id=membership.user_id)
    run_ids = {row.run_id for row in rows}
    steps = Step.objects.filter(run_id__in=run_ids, connection_id__in=hidden.values("pk"))
    closed = set(steps.values_list("run_id", flat=True))
    brought = {row.run.delivery_id: row.run_id for row in rows if row.run.delivery_id}
    sent = Delivery.objects.filter(pk__in=brought, connection__in=hidden)
    closed |= {brought[pk] for pk in sent.values_list("pk", flat=True)}
    me = str(membership.user_id)
    return {row.pk for row in rows if row.run_id in closed and me not in row.approvers}
