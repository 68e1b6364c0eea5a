"""Sub-workflow: runs another workflow's live version, and goes on with its Response's body. Pure.

It need not be enabled: that is about its own trigger. A run is started once for each place; the
step waits for it without a worker, and its failure is the step's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from workflows.definition import settings as kinds
from workflows.engine.results import Done, Failed, Waits

if TYPE_CHECKING:
    from datetime import datetime

    from workflows.engine.journal import Child
    from workflows.engine.visit import Visit

WAITS_FOR = timedelta(seconds=kinds.LONGEST_WAIT_SECONDS)
_ENDED = {"failed": "failed", "timed_out": "took too long", "cancelled": "was cancelled"}


def run(visit: Visit) -> Done:
    """Start the other run, wait for it, and give what it gave."""
    settings = visit.node.settings
    assert isinstance(settings, kinds.SubWorkflow)
    data = visit.facts.shown_input = visit.scope.fill(
        {} if settings.data is None else settings.data
    )
    child = visit.journal.child(visit.place)
    if child is None:
        child = visit.journal.start_child(visit, settings.workflow_id, data)
    if not child.is_over:
        _wait(visit, child)
    if child.status != "completed":
        raise Failed("workflow_failed", _sentence(child))
    return Done(child.value)


def _wait(visit: Visit, child: Child) -> None:
    until = _until(visit)
    if until <= visit.started_at:
        raise Failed("workflow_late", f"The workflow {child.workflow_name} did not end in 30 days.")
    waits = Waits(until, "workflow", waits_for_id=child.id)
    waits.is_written = visit.entry is not None
    raise waits


def _until(visit: Visit) -> datetime:
    known = visit.entry and visit.entry.due_at
    return known or visit.started_at + WAITS_FOR


def _sentence(child: Child) -> str:
    """Say which workflow did not complete, and why, within what a step's row holds."""
    why = f": {child.sentence}" if child.sentence and child.status != "cancelled" else "."
    return f"The workflow {child.workflow_name} {_ENDED[child.status]}{why}"[:300]
