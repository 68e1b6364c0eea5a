"""Cancelling: the run ends at once; a worker that is at it commits nothing any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spojit.lib import clock
from spojit.lib.errors import Refused
from workflows.models import Run, RunStatus
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
    who, now = Actor.of(actor), clock.now()
    with isolation.workspace(run.workspace_id):
        locked: Run = Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if locked.is_finished:
            raise AlreadyEnded
        locked.status, locked.finished_at = RunStatus.CANCELLED, now
        locked.due_at = locked.lease_owner = locked.waits_for_id = None
        locked.waits_for = ""
        locked.error_sentence = f"Cancelled by {who.name}."[:300]
        locked.save(
            update_fields=[
                "status",
                "finished_at",
                "due_at",
                "lease_owner",
                "waits_for",
                "waits_for_id",
                "error_sentence",
            ]
        )
        audit.record(locked.workspace, actor=who, act="run.cancelled", subject=locked)
    return locked
