"""Asks people for an approval, once for each step: the question's row, and a notice to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spojit.lib import clock
from spojit.lib.ids import new_id
from workflows.engine.results import Failed
from workflows.models import Approval, Decision, Run
from workspaces import isolation, notices
from workspaces.models import Membership, User
from workspaces.roles import Permission, Role

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection
    from datetime import datetime

    from workflows.engine.journal import Owner

MOST_TOLD = 1_000
"""Of a message, in a notice and its mail; all of it is on the approval's page."""

ADMINS = frozenset({Role.ADMIN, Role.OWNER})


def find(owner: Owner, place: str) -> Approval | None:
    """Find what a step asked."""
    with isolation.workspace(owner.workspace_id):
        found: Approval | None = Approval.objects.filter(run_id=owner.run_id, place=place).first()
        return found


def ask(
    owner: Owner,
    *,
    place: str,
    node_name: str,
    message: str,
    approvers: Collection[str],
    deadline_at: datetime,
) -> Approval:
    """Ask, unless that was done: question and notices are written in one transaction.

    Args:
        owner: which run asks.
        place: the step's.
        node_name: what the step is called.
        message: what is to be decided, masked already.
        approvers: IDs of users; those who may decide are asked, and admins when none of them may.
        deadline_at: until when it can be decided.

    Raises:
        Failed: the run ended meanwhile.
    """
    with isolation.workspace(owner.workspace_id):
        rows = Run.objects.select_for_update(of=("self",)).select_related("workflow", "workspace")
        run: Run = rows.get(pk=owner.run_id)
        if run.is_finished:
            raise Failed("run_ended", "The run ended before anybody was asked.")
        known: Approval | None = Approval.objects.filter(run=run, place=place).first()
        return known or _asked(
            Approval(
                id=new_id(),
                workspace=run.workspace,
                run=run,
                place=place,
                node_name=node_name,
                message=message,
                approvers=_named(run, approvers),
                deadline_at=deadline_at,
            )
        )


def people(workspace_id: uuid.UUID, approvers: Collection[str]) -> list[User]:
    """List who may decide now, in the workspace's scope: those named who still may, else admins."""
    rows = builders(workspace_id)
    named = [row.user for row in rows if str(row.user_id) in approvers]
    return named or [row.user for row in rows if row.role in ADMINS]


def expire(approval: Approval) -> Approval:
    """Reject what passed its deadline, unless somebody just decided it; return what counts."""
    with isolation.workspace(approval.workspace_id):
        undecided = Approval.objects.filter(pk=approval.pk, decision="")
        if undecided.update(decision=Decision.EXPIRED, decided_at=clock.now()):
            notices.close(approval.workspace, subject_id=approval.pk)
        found: Approval = Approval.objects.get(pk=approval.pk)
        return found


def builders(workspace_id: uuid.UUID) -> list[Membership]:
    """List the members who may decide anything at all, in the workspace's scope."""
    rows = Membership.objects.filter(workspace_id=workspace_id, user__is_active=True)
    members = rows.select_related("user").order_by("joined_at", "pk")
    return [row for row in members if row.may(Permission.BUILD_WORKFLOWS)]


def _named(run: Run, approvers: Collection[str]) -> list[str]:
    """Keep who may decide; in a trial run, only whoever tries it is asked."""
    wanted = {str(run.actor_id)} if run.is_trial and run.actor_id else set(approvers)
    return [str(row.user_id) for row in builders(run.workspace_id) if str(row.user_id) in wanted]


def _asked(approval: Approval) -> Approval:
    approval.save(force_insert=True)
    told = approval.message[:MOST_TOLD]
    more = "…" if len(approval.message) > MOST_TOLD else ""
    until = f"{approval.deadline_at:%-d %B %Y, %H:%M} UTC"
    notices.tell(
        approval.workspace,
        users=people(approval.workspace_id, approval.approvers),
        key=f"approval:{approval.pk}",
        subject_id=approval.pk,
        title=f"{approval.run.workflow.name} asks for your approval",
        text=f"{told}{more}\nWithout a decision until {until} it is rejected.",
        path=approval.get_absolute_url(),
    )
    return approval
