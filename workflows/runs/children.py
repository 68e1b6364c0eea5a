"""Runs that steps of other runs start and wait for: each once, found again by its step's place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflows.engine.journal import Child
from workflows.engine.results import Failed
from workflows.models import Run, RunStatus, TriggerKind, Workflow
from workflows.references import is_id
from workflows.runs import graphs, starting, values
from workspaces import isolation

if TYPE_CHECKING:
    import uuid

    from workflows.runs.claiming import Claimed

MOST_DEEP = 5
"""How many workflows may have started each other, so that no circle of them goes on for ever."""


def find(workspace_id: uuid.UUID, parent_id: uuid.UUID, place: str) -> Child | None:
    """Find the run that a step started, and open what it gave when it has completed."""
    with isolation.workspace(workspace_id):
        rows = Run.objects.filter(parent_id=parent_id, parent_place=place, rerun_of_id=None)
        run = rows.select_related("workflow").first()
    return run and _described(run)


def start(claimed: Claimed, *, place: str, workflow_id: str, data: Any) -> Child | None:
    """Start a workflow's live version for a step; None when the run is not this worker's any more.

    Raises:
        Failed: it cannot start.
    """
    with isolation.workspace(claimed.workspace_id):
        mine = Run.objects.select_for_update(of=("self",)).filter(
            pk=claimed.id, lease_owner=claimed.owner, status=RunStatus.RUNNING
        )
        parent = mine.first()
        if parent is None:
            return None
        workflow = _startable(parent, workflow_id)
        return _described(_written(parent, workflow, place=place, data=data))


def _startable(parent: Run, workflow_id: str) -> Workflow:
    if parent.depth >= MOST_DEEP:
        raise Failed("too_deep", f"More than {MOST_DEEP} workflows started each other.")
    rows = Workflow.objects.present().filter(workspace_id=parent.workspace_id)
    found: Workflow | None = rows.filter(pk=workflow_id).first() if is_id(workflow_id) else None
    if found is None:
        raise Failed("workflow_missing", "The workflow of this step was deleted.")
    if found.live_id is None:
        sentence = f"No version of the workflow {found.name} can run yet."
        raise Failed("nothing_live", sentence)
    return found


def _written(parent: Run, workflow: Workflow, *, place: str, data: Any) -> Run:
    assert workflow.live_id is not None
    starting.refuse_unfit(graphs.of(parent.workspace_id, workflow.live_id), data)
    return starting.write(
        workflow,
        workflow.live_id,
        trigger=TriggerKind.WORKFLOW,
        data=data,
        parent_id=parent.pk,
        parent_place=place,
        depth=parent.depth + 1,
        is_trial=parent.is_trial,
        priority=parent.priority,
        actor_id=parent.actor_id,
        actor_name=parent.actor_name,
    )


def _described(run: Run) -> Child:
    return Child(
        id=run.pk,
        workflow_name=run.workflow.name,
        status=run.status,
        sentence=run.error_sentence,
        value=_given(run) if run.status == RunStatus.COMPLETED else None,
    )


def _given(run: Run) -> Any:
    """Open the body of its Response; an empty object when it gave none."""
    response = values.open_(
        run.response_sealed,
        workspace_id=run.workspace_id,
        table=values.RUN_TABLE,
        row=run.pk,
        purpose=values.RESPONSE,
    )
    body = response and response["body"]
    return {} if body is None else body
