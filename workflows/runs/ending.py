"""What follows the end of a run: whoever waits for it goes on, and what it started ends with it.

When it failed besides, people are told and its workflow's error workflow is started. All of that is
written in the transaction that ends the run, so it happens once however many workers are lost.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings

from spojit.lib import clock, metrics
from workflows import failures
from workflows.models import Approval, Run, RunStatus, TriggerKind, Workflow
from workflows.runs import answering, starting
from workspaces import isolation, notices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflows.runs.claiming import Claimed

log = structlog.get_logger(__name__)

BAD = frozenset({RunStatus.FAILED, RunStatus.TIMED_OUT})


@contextmanager
def followed(claimed: Claimed, *, status: str) -> Iterator[None]:
    """Write the end of a claimed run within this; what follows is written with it.

    Nothing follows a run that completed and that no other one waits for.
    """
    if status == RunStatus.COMPLETED and claimed.parent_id is None:
        yield
        return
    with isolation.workspace(claimed.workspace_id):
        answering.lock(claimed.parent_id)
        yield
        rows = Run.objects.select_related("workflow__workspace", "workspace")
        follow(rows.get(pk=claimed.id))


def follow(run: Run) -> None:
    """Write what follows, in the workspace's scope and the transaction that ended the run."""
    if run.parent_id is not None:
        answering.wake(run.parent_id)
    if run.status != RunStatus.COMPLETED:
        _end_children(run)
        _close_questions(run)
    if run.status in BAD and not run.is_trial:
        failures.tell(run)
        _start_error_workflow(run)


def _end_children(run: Run) -> None:
    """Cancel what its steps started: nobody waits for that any more."""
    rows = Run.objects.select_for_update(of=("self",)).select_related("workflow", "workspace")
    unfinished = rows.filter(parent_id=run.pk, rerun_of_id=None, finished_at=None)
    for child in unfinished.order_by("pk"):
        cancel(child, sentence="Cancelled, because the run that started it ended.")


def cancel(run: Run, *, sentence: str) -> None:
    """End a locked run before its time, with what it started."""
    run.status, run.finished_at = RunStatus.CANCELLED, clock.now()
    run.due_at = run.lease_owner = run.waits_for_id = None
    run.waits_for, run.error_sentence = "", sentence[:300]
    run.save(update_fields=_CANCELLED)
    metrics.count_run(run.status, seconds=(run.finished_at - run.created_at).total_seconds())
    follow(run)


_CANCELLED = (
    "status",
    "finished_at",
    "due_at",
    "lease_owner",
    "waits_for",
    "waits_for_id",
    "error_sentence",
)


def _close_questions(run: Run) -> None:
    """Take back what people were asked; the questions stay, undecided."""
    for approval in Approval.objects.filter(run_id=run.pk, decision=""):
        notices.close(run.workspace, subject_id=approval.pk)


def _start_error_workflow(run: Run) -> None:
    """Start it once for a run that failed; never for its own failures, nor for what it started."""
    error_id = run.workflow.error_workflow_id
    if error_id is None or _handles_a_failure(run):
        return
    found = Workflow.objects.present().select_related("workspace").filter(pk=error_id).first()
    if found is None:
        return
    if found.live_id is None:
        sentence = "No version of it can run yet."
        by = f"The failure of {run.workflow.name}"
        failures.not_started(found, code="nothing_live", sentence=sentence, by=by)
        return
    starting.write(found, found.live_id, trigger=TriggerKind.FAILURE, data=_told(run))


def _handles_a_failure(run: Run) -> bool:
    """Whether it, what started it, or what it repeats was itself started by a failure."""
    seen = 0
    while run.trigger != TriggerKind.FAILURE:
        earlier_id = run.parent_id or run.rerun_of_id
        earlier = Run.objects.filter(pk=earlier_id).first() if earlier_id else None
        if earlier is None or seen > _MOST_EARLIER:
            return False
        run, seen = earlier, seen + 1
    return True


_MOST_EARLIER = 50


def _told(run: Run) -> dict[str, Any]:
    """Give what the error workflow finds under `trigger`: words for people, no payload."""
    step = failures.failed_step(run)
    connection_id = step.connection_id if step else None
    return {
        "run": {
            "id": str(run.pk),
            "url": f"{settings.PUBLIC_URL}{run.get_absolute_url()}",
            "workflow": run.workflow.name,
            "error": {
                "node": step.node_name if step else "",
                "outcome": run.error_outcome,
                "sentence": run.error_sentence,
                "connection": failures.connection_name(run.workspace, connection_id),
            },
        }
    }
