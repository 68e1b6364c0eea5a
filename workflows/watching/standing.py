"""Where each node of a run stands, for cards and trees; and which run a workflow had last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.models import Run, RunStatus, Step, StepStatus
from workflows.runs import graphs
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflows.models import Workflow

_RANKS = {"completed": 0, "waiting": 1, "running": 2, "failed": 3}
"""Of a node that stands in a loop, the round that is worst off counts."""


def lights(run: Run) -> dict[str, str]:
    """Give the status of each node that a run came to, its trigger and the next one included.

    `completed`, `waiting`, `running` or `failed`; what a run left half done when it ended has the
    status of the run, such as `cancelled`.
    """
    with isolation.workspace(run.workspace_id):
        rows = Step.objects.filter(run_id=run.pk).values_list("node_id", "status").distinct()
        found = _worst((node_id, str(status)) for node_id, status in rows)
        graph = graphs.of(run.workspace_id, run.version_id)
        if graph.triggers and run.started_at:
            found = {graph.triggers[0].id: "completed"} | found
        if run.status == RunStatus.RUNNING:
            return found | _next(run, found)
    return {node_id: of_step(run, status) for node_id, status in found.items()}


def of_step(run: Run, status: str) -> str:
    """Say how a step of a run stands: none is under way in a run that has ended."""
    is_left = run.is_finished and status in {StepStatus.RUNNING, StepStatus.WAITING}
    return run.status if is_left else status


def latest(workflow: Workflow) -> Run | None:
    """Find the newest run of a workflow, trial runs included; not those that try one step."""
    with isolation.workspace(workflow.workspace_id):
        rows = Run.objects.filter(workflow_id=workflow.pk, only_node_id="")
        found: Run | None = rows.order_by("-created_at", "-id").first()
    return found


def _worst(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for node_id, status in rows:
        known = found.get(node_id)
        if known is None or _RANKS[status] > _RANKS[known]:
            found[node_id] = status
    return found


def _next(run: Run, found: dict[str, str]) -> dict[str, str]:
    """Say which node a worker is at: one that only reads is written down when it is done."""
    graph = graphs.of(run.workspace_id, run.version_id)
    last = Step.objects.filter(run_id=run.pk).order_by("-started_at", "-id").first()
    if last is None:
        node_id = graph.after(graph.triggers[0].id, "next") if graph.triggers else None
    elif last.status == StepStatus.COMPLETED:
        node_id = graph.after(last.node_id, last.output)
    else:
        node_id = graph.after(last.node_id, "each") if last.kind == "loop" else None
    return {node_id: "running"} if node_id and found.get(node_id) != "failed" else {}
