"""What the world has of runs: one that failed in a late round of a loop, with long names."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connections.models import Connection
from spojit.lib import clock
from tests import factories
from tests.workflows.graphs import definition, node
from workflows import lifecycle, versions
from workflows.models import Run, Step, TriggerKind
from workflows.runs import starting

if TYPE_CHECKING:
    from tests.browser.world import World

ROUNDS = 60
NAME = "Post-the-order-to-the-books-" + "0123456789" * 9
NODES = [node("start", "trigger"), node("each", "loop", over="times", times=ROUNDS), node("post")]


def add(world: World) -> None:
    """Add a run whose last round failed through a connection that does not work."""
    whole = definition(NODES, "start > each.each > post")
    workflow = lifecycle.create(
        world.workspace, name="Orders " + "o" * 100, actor=world.alice, definition=whole
    )
    assert workflow.latest_id is not None
    world.ids["workflow_id"] = workflow.pk
    begun = clock.now() - timedelta(minutes=2)
    with factories.scope(world.workspace):
        kind = TriggerKind.MANUAL
        run = starting.write(workflow, workflow.latest_id, trigger=kind, data={})
        broken = Connection.objects.get(pk=world.ids["broken_id"])
        Run.objects.filter(pk=run.pk).update(
            status="failed",
            started_at=begun,
            finished_at=clock.now(),
            due_at=None,
            error_node_id="post",
            error_outcome="credentials_refused",
            error_sentence="The service answered 401.",
            error_connection_id=broken.pk,
        )
        Step.objects.bulk_create(
            [_step(run, "each", "loop", "failed", begun), *_rounds(run, broken)]
        )
    world.ids["run_id"] = run.pk
    fewer = definition([NODES[0], node("post", values={"text": "z" * 300})], "start > post")
    versions.save(workflow, definition=fewer, actor=world.alice, note="Fewer " + "n" * 100)


def _rounds(run: Run, broken: Connection) -> list[Step]:
    through = {"connection_id": broken.pk, "connection_name": broken.name, "tool": "create_issue"}
    return [
        _step(
            run,
            f"each[{number}].post",
            "connector",
            "completed" if number < ROUNDS - 1 else "failed",
            run.created_at - timedelta(seconds=2 * (ROUNDS - number)),
            shown_input={"title": "t" * 300, "labels": ["bug"]},
            credential_version=1,
            **through,
        )
        for number in range(ROUNDS)
    ]


def _step(run: Run, place: str, kind: str, status: str, at: Any, **fields: Any) -> Step:
    is_bad = status == "failed"
    return Step(
        workspace_id=run.workspace_id,
        run=run,
        place=place,
        node_id=place.rpartition(".")[2],
        node_name=NAME,
        kind=kind,
        status=status,
        started_at=at,
        finished_at=at + timedelta(seconds=1),
        duration_ms=1000,
        outcome="credentials_refused" if is_bad else "ok",
        detail="The service answered 401." if is_bad else "",
        shown=None if is_bad else {"ok": True},
        **fields,
    )
