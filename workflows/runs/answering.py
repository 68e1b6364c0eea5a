"""Runs that wait for an answer: a person's decision, or the end of a run that a step started.

Whoever answers writes the answer first and then makes the run due, if it waits; a run that is given
back looks for answers once it is written as waiting. So one of the two finds the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spojit.lib import clock
from workflows.models import Run, RunStatus
from workspaces import isolation

if TYPE_CHECKING:
    import uuid

_CATCH_UP = """
UPDATE workflows_run AS r SET due_at = %(now)s
WHERE r.id = %(run)s AND r.status = 'waiting' AND EXISTS (
    SELECT 1 FROM workflows_step AS s
    WHERE s.run_id = r.id AND s.status = 'waiting' AND (
        EXISTS (SELECT 1 FROM workflows_approval AS a
                WHERE a.run_id = r.id AND a.place = s.place AND a.decision <> '')
        OR EXISTS (SELECT 1 FROM workflows_run AS c
                   WHERE c.parent_id = r.id AND c.parent_place = s.place
                     AND c.rerun_of_id IS NULL AND c.finished_at IS NOT NULL)))
RETURNING r.id
"""


def lock(run_id: uuid.UUID | None) -> None:
    """Lock the run that waits for one that is about to end: always before that one."""
    if run_id is not None:
        Run.objects.select_for_update(of=("self",)).filter(pk=run_id).first()


def wake(run_id: uuid.UUID) -> None:
    """Make a run due that waits, in its workspace's scope, after the answer was written."""
    Run.objects.filter(pk=run_id, status=RunStatus.WAITING).update(due_at=clock.now())


def catch_up(workspace_id: uuid.UUID, run_id: uuid.UUID) -> None:
    """Make a run due that was written as waiting right now, when an answer came meanwhile."""
    isolation.ask(workspace_id, _CATCH_UP, {"run": run_id, "now": clock.now()})
