"""Watching: where each node of a run stands, and which run a workflow had last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.workflows import running
from tests.workflows.graphs import node
from tests.workflows.running import START, get
from workflows import runs, watching
from workflows.models import Run
from workflows.runs import claiming
from workspaces import isolation

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast

pytestmark = pytest.mark.django_db


def test_every_node_that_a_run_came_to_has_a_light(cast: Cast) -> None:
    nodes = [
        node("each", "loop", over="times", times=3, on_failure="continue"),
        node("bad", "loop", over="times", times="{{ item }} of them"),
        node("pause", "delay", seconds=100),
        node("end"),
    ]
    run = running.ran(cast, nodes, "start > each.each > bad", "each.done > pause > end")
    found = watching.lights(run)
    assert found == {
        "start": "completed",
        "each": "completed",
        "bad": "failed",
        "pause": "waiting",
    }
    cancelled = runs.cancel(run, actor=cast.bob)
    assert watching.lights(cancelled) == found | {"pause": "cancelled"}


def test_the_node_that_a_worker_is_at_is_running(cast: Cast, connection: Connection) -> None:
    nodes = [
        get("first", connection),
        node("each", "loop", over="times", times=1),
        get("in", connection),
    ]
    workflow = running.enabled(cast, nodes, "start > first > each.each > in")
    run = running.start(workflow)
    assert watching.lights(run) == {}
    claiming.claim(most=1)
    assert watching.lights(running.fresh(run)) == {"start": "completed", "first": "running"}


def test_the_latest_run_is_no_try_of_one_step(cast: Cast) -> None:
    workflow = running.enabled(cast, [START, node("end")], "start > end")
    assert watching.latest(workflow) is None
    first, second, third = (running.start(workflow) for _ in range(3))
    with isolation.workspace(cast.workspace):
        Run.objects.filter(pk=third.pk).update(only_node_id="end")
    assert watching.latest(workflow) == second
    assert first.pk < second.pk
