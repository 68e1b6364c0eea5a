"""Sub-workflows: started once a step, waited for without a worker, ended with what started them."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import connections as databases

from spojit.lib import clock
from tests.workflows import running
from tests.workflows.graphs import definition, node
from tests.workflows.running import output, states, steps
from workflows import lifecycle, runs, versions
from workflows.models import Run, Workflow
from workflows.runs import advancing, children, ending, journal
from workflows.runs.cancelling import AlreadyEnded
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast

pytestmark = pytest.mark.django_db

DOUBLED = node("answer", "response", body={"twice": "{{ trigger.n | times: 2 }}"})


RACES = 9


class Killed(BaseException):
    """What nothing catches."""


def made(cast: Cast, name: str, nodes: list[dict[str, Any]], *paths: str) -> Workflow:
    """Make a workflow that nobody enables."""
    whole = definition([running.START, *nodes], *paths)
    workflow = lifecycle.create(cast.workspace, name=name, actor=cast.bob, definition=whole)
    assert workflow.live is not None, workflow.latest and workflow.latest.problems
    return workflow


def calling(workflow: Workflow, node_id: str = "sub", **more: Any) -> dict[str, Any]:
    given = {"workflow_id": str(workflow.pk), "data": {"n": "{{ trigger.n }}"}} | more
    return node(node_id, "sub_workflow", **given)


def started(workflow: Workflow) -> list[Run]:
    with isolation.workspace(workflow.workspace_id):
        return list(Run.objects.filter(workflow=workflow).order_by("created_at", "pk"))


def work_on() -> list[str]:
    ended: list[str] = []
    while found := running.work():
        ended += found
    return ended


def test_a_step_goes_on_with_what_another_workflow_gave(cast: Cast) -> None:
    double = made(cast, "Double", [DOUBLED], "start > answer")
    nodes = [calling(double), node("end", values={"is": "{{ sub.twice }}"})]
    run = running.start(running.enabled(cast, nodes, "start > sub > end"), {"n": 4})
    assert running.work() == ["waiting"]
    [child] = started(double)
    run = running.fresh(run)
    assert (run.waits_for, run.waits_for_id, run.lease_owner) == ("workflow", child.pk, None)
    assert (child.trigger, child.parent_place, child.depth) == ("workflow", "sub", 1)
    assert child.parent_id == run.pk
    assert work_on() == ["completed", "completed"]
    assert output(run, "end") == {"is": 8}
    assert steps(run)["sub"].shown_input == {"n": 4}


def test_a_workflow_without_a_response_gives_an_empty_object(cast: Cast) -> None:
    quiet = made(cast, "Quiet", [node("a")], "start > a")
    run = running.start(running.enabled(cast, [calling(quiet, data=None)], "start > sub"))
    assert work_on() == ["waiting", "completed", "completed"]
    assert output(run, "sub") == {}


def test_each_round_and_each_branch_has_a_run_of_its_own(cast: Cast) -> None:
    double = made(cast, "Double", [DOUBLED], "start > answer")
    nodes = [
        node("fork", "parallel", branches=2),
        node("each", "loop", items=[1, 2]),
        calling(double, "one", data={"n": "{{ item }}"}),
        calling(double, "two", data={"n": 10}),
        node("sum", values={"is": "{{ two.twice }}"}),
    ]
    paths = ("start > fork.branch_1 > each.each > one", "fork.branch_2 > two", "fork.done > sum")
    run = running.start(running.enabled(cast, nodes, *paths))
    work_on()
    assert running.fresh(run).status == "completed"
    assert {child.parent_place for child in started(double)} == {
        "each[0].one",
        "each[1].one",
        "two",
    }
    assert output(run, "each[1].one") == {"twice": 4}
    assert output(run, "sum") == {"is": 20}


@pytest.mark.parametrize(("policy", "status"), [("stop", "failed"), ("continue", "completed")])
def test_its_failure_is_the_steps(cast: Cast, policy: str, status: str) -> None:
    bad = made(cast, "Bad", [node("deep", values={"a": "{{ trigger.no.thing }}"})], "start > deep")
    nodes = [calling(bad, on_failure=policy), node("end")]
    run = running.start(running.enabled(cast, nodes, "start > sub > end"), {"n": 1})
    work_on()
    run, [child] = running.fresh(run), started(bad)
    assert (run.status, steps(run)["sub"].outcome) == (status, "workflow_failed")
    assert steps(run)["sub"].detail == f"The workflow Bad failed: {child.error_sentence}"


def test_what_cannot_start_fails_the_step(cast: Cast) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    asking = {"start": {"type": "manual", "input": schema}}
    whole = definition([node("start", "trigger", **asking), DOUBLED], "start > answer")
    picky = lifecycle.create(cast.workspace, name="Picky", actor=cast.bob, definition=whole)
    workflow = running.enabled(cast, [calling(picky)], "start > sub")
    run = running.start(workflow, {"n": "many"})
    assert running.work() == ["failed"]
    assert running.fresh(run).error_outcome == "bad_input"
    lifecycle.remove(picky, actor=cast.bob)
    run = running.start(workflow, {"n": 1})
    assert running.work() == ["failed"]
    assert running.fresh(run).error_sentence == "The workflow of this step was deleted."
    assert started(picky) == []


def test_workflows_that_start_each_other_end(cast: Cast) -> None:
    first = made(cast, "First", [node("a")], "start > a")
    second = made(cast, "Second", [calling(first)], "start > sub")
    circle = definition([running.START, calling(second)], "start > sub")
    runs_of = lifecycle.enable(first, actor=cast.bob)
    assert versions.save(first, definition=circle, actor=cast.bob).problems == []
    run = running.start(runs_of, {"n": 1})
    work_on()
    with isolation.workspace(cast.workspace):
        assert Run.objects.filter(status="failed").count() == children.MOST_DEEP + 1
        deepest = Run.objects.get(depth=children.MOST_DEEP)
    assert deepest.error_outcome == "too_deep"
    assert running.fresh(run).error_outcome == "workflow_failed"


def test_a_cancelled_run_takes_what_it_started_with_it(cast: Cast) -> None:
    slow = made(cast, "Slow", [node("pause", "delay", seconds=900)], "start > pause")
    middle = made(cast, "Middle", [calling(slow)], "start > sub")
    run = running.start(running.enabled(cast, [calling(middle)], "start > sub"), {"n": 1})
    assert work_on() == ["waiting"] * 3
    runs.cancel(run, actor=cast.bob)
    [inner], [outer] = started(slow), started(middle)
    assert (outer.status, inner.status) == ("cancelled", "cancelled")
    assert inner.error_sentence == "Cancelled, because the run that started it ended."
    assert work_on() == []


def test_a_cancelled_child_fails_the_step_that_waits_for_it(cast: Cast) -> None:
    slow = made(cast, "Slow", [node("pause", "delay", seconds=900)], "start > pause")
    run = running.start(running.enabled(cast, [calling(slow)], "start > sub"), {"n": 1})
    work_on()
    runs.cancel(started(slow)[0], actor=cast.bob)
    assert work_on() == ["failed"]
    assert running.fresh(run).error_sentence == "The workflow Slow was cancelled."


def test_a_child_that_ends_while_its_run_is_given_back_is_not_missed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    double = made(cast, "Double", [DOUBLED], "start > answer")
    run = running.start(running.enabled(cast, [calling(double)], "start > sub"), {"n": 1})
    rest = advancing._rest

    def late(*given: Any) -> str:
        monkeypatch.setattr(advancing, "_rest", rest)
        assert running.work() == ["completed"]  # the child, on another worker
        return rest(*given)

    monkeypatch.setattr(advancing, "_rest", late)
    assert running.work() == ["waiting"]
    assert running.work() == ["completed"]
    assert output(run, "sub") == {"twice": 2}


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (children, "_written"),
        (journal.RunJournal, "start_child"),
        (journal.RunJournal, "_write"),
        (ending, "follow"),
        (advancing, "_rest"),
        (advancing, "_finish"),
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_killed_workers_start_it_once_and_lose_no_end(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    set_clock: Callable[..., None],
    module: Any,
    name: str,
    after: bool,
) -> None:
    double = made(cast, "Double", [DOUBLED], "start > answer")
    run = running.start(running.enabled(cast, [calling(double)], "start > sub"), {"n": 1})
    real, kills = getattr(module, name), [0]

    def deadly(*given: Any, **named: Any) -> Any:
        kills[0] += 1
        found = real(*given, **named) if after or kills[0] != 1 else None
        if kills[0] == 1:
            raise Killed
        return found

    monkeypatch.setattr(module, name, deadly)
    for _ in range(6):
        try:
            work_on()
        except Killed:
            set_clock(clock.now() + timedelta(seconds=settings.LEASE_SECONDS + 1))
    assert kills[0] > 0
    assert (running.fresh(run).status, states(run)) == ("completed", {"sub": "completed"})
    assert output(run, "sub") == {"twice": 2}
    assert len(started(double)) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_lose_no_end_of_a_child_and_none_blocks_another(cast: Cast) -> None:
    double = made(cast, "Double", [DOUBLED], "start > answer")
    nodes = [
        node("fork", "parallel", branches=2),
        calling(double, "one"),
        calling(double, "two", data={"n": 2}),
    ]
    paths = ("start > fork.branch_1 > one", "fork.branch_2 > two")
    workflow = running.enabled(cast, nodes, *paths)
    parents = [running.start(workflow, {"n": number}) for number in range(RACES)]
    doomed = [running.start(workflow, {"n": number}) for number in range(RACES // 3)]
    faults: list[Exception] = []

    def guarded(act: Callable[[], Any]) -> None:
        try:
            act()
        except Exception as fault:  # noqa: BLE001 - told below
            faults.append(fault)
        finally:
            databases.close_all()

    def cancel() -> None:
        for run in doomed:
            with suppress(AlreadyEnded):
                runs.cancel(run, actor=cast.bob)

    acts = [*[partial(work_until_done, workflow)] * 3, cancel]
    threads = [threading.Thread(target=guarded, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert {running.fresh(run).status for run in parents} == {"completed"}
    assert {running.fresh(run).status for run in doomed} <= {"completed", "cancelled"}
    assert {run.status for run in started(double)} <= {"completed", "cancelled"}


def work_until_done(workflow: Workflow) -> None:
    """Work until every run has ended; no clock moves, so a lost end would leave one waiting."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        running.work(most=2)
        with isolation.workspace(workflow.workspace_id):
            if not Run.objects.filter(finished_at=None).exists():
                return
    raise AssertionError("some runs never ended")
