"""Cancelling: the run ends at once, with what its steps started; its worker commits nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spojit.lib.errors import Refused
from workflows.models import Run
from workflows.runs import answering, ending
from workspaces import audit, isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    from workspaces.models import User


class AlreadyEnded(Refused):
    """There is nothing left to cancel."""

    code = "already_ended"
    message = "This run has ended already."


def cancel(run: Run, *, actor: Actor | User) -> Run:
    """End a run before its time. A call that was sent is not taken back.

    Raises:
        AlreadyEnded: it has come to an end meanwhile.
    """
    who = Actor.of(actor)
    with isolation.workspace(run.workspace_id):
        answering.lock(run.parent_id)
        rows = Run.objects.select_for_update(of=("self",))
        locked: Run = rows.select_related("workflow", "workspace").get(pk=run.pk)
        if locked.is_finished:
            raise AlreadyEnded
        ending.cancel(locked, sentence=f"Cancelled by {who.name}.")
        audit.record(locked.workspace, actor=who, act="run.cancelled", subject=locked)
    return locked
