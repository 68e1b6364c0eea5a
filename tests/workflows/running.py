"""Runs in tests: workflows made and enabled, started, worked on, and looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.workflows.graphs import definition, node
from workflows import lifecycle, runs
from workflows.models import Run, Step
from workflows.runs import advancing, claiming, values
from workspaces import isolation

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast
    from workflows.models import Workflow

START = node("start", "trigger")


def enabled(cast: Cast, nodes: list[dict[str, Any]], *paths: str, name: str = "Flow") -> Workflow:
    """Make a workflow whose first node is a manual trigger, unless one is given, and enable it."""
    given = nodes if nodes[0]["kind"] == "trigger" else [START, *nodes]
    whole = definition(given, *paths)
    made = lifecycle.create(cast.workspace, name=name, actor=cast.bob, definition=whole)
    assert made.latest is not None
    assert made.latest.problems == []
    return lifecycle.enable(made, actor=cast.bob)


def start(workflow: Workflow, data: Any = None) -> Run:
    """Start a run by hand."""
    return runs.start(workflow, trigger="manual", data={} if data is None else data)


def work(most: int = 10) -> list[str]:
    """Do what a worker does: claim what is due and carry it on; return what became of it."""
    return [advancing.advance(claimed) for claimed in claiming.claim(most=most)]


def ran(cast: Cast, nodes: list[dict[str, Any]], *paths: str, data: Any = None) -> Run:
    """Make a workflow, run it as far as it goes, and give the run."""
    run = start(enabled(cast, nodes, *paths), data)
    work()
    return fresh(run)


def fresh(run: Run) -> Run:
    """Read the run again."""
    with isolation.workspace(run.workspace_id):
        found: Run = Run.objects.get(pk=run.pk)
        return found


def steps(run: Run) -> dict[str, Step]:
    """Read the steps by place."""
    with isolation.workspace(run.workspace_id):
        return {row.place: row for row in Step.objects.filter(run=run).order_by("started_at", "id")}


def states(run: Run) -> dict[str, str]:
    """Give place and status of each step, in order."""
    return {place: step.status for place, step in steps(run).items()}


def output(run: Run, place: str) -> Any:
    """Open what a step gave."""
    step = steps(run)[place]
    return values.open_(
        bytes(step.state_sealed or b""),
        workspace_id=run.workspace_id,
        table=values.STEP_TABLE,
        row=step.pk,
        purpose=values.STATE,
    )


def response(run: Run) -> Any:
    """Open what a run gave back."""
    return values.open_(
        bytes(run.response_sealed or b""),
        workspace_id=run.workspace_id,
        table=values.RUN_TABLE,
        row=run.pk,
        purpose=values.RESPONSE,
    )


def get(node_id: str, connection: Connection, tool: str = "get", **more: Any) -> dict[str, Any]:
    """Make a Connector node that calls `/<node_id>` by the HTTP connector."""
    arguments = more.pop("arguments", {"path": f"/{node_id}"})
    settings = {"connector": "http", "tool": tool, "connection_id": str(connection.pk)}
    return node(node_id, "connector", **settings, arguments=arguments, **more)
