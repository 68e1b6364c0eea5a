"""Runs that wait for a connection: due again, in their order, when it works again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connections.models import Status
from spojit.lib import clock
from workflows.models import Run, RunStatus

if TYPE_CHECKING:
    from connections.models import Connection


def go_on(connection: Connection) -> int:
    """Make the runs due that wait for a connection, in its workspace's scope; return how many.

    They all get the same moment and are claimed in the order of their IDs, which is that of time;
    workers take no more at once than they have hands for.
    """
    waiting = Run.objects.filter(
        workspace_id=connection.workspace_id,
        waits_for_id=connection.pk,
        status=RunStatus.WAITING,
    )
    return int(waiting.update(due_at=clock.now()))


def count(connection: Connection) -> int:
    """Count the runs that wait for a connection, in its workspace's scope."""
    waiting = Run.objects.filter(workspace_id=connection.workspace_id, waits_for_id=connection.pk)
    return int(waiting.count())


def is_over(after: str) -> bool:
    """Say whether a connection that has this status now works."""
    return after == Status.ACTIVE
