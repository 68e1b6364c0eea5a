"""What each kind of node does in a run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from spojit.lib import clock
from tests.workflows import running
from tests.workflows.graphs import node
from tests.workflows.running import output, ran, states, steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast
    from workflows.models import Run

    SetClock = Callable[[datetime], None]

pytestmark = pytest.mark.django_db


def failure(run: Run) -> tuple[str, str, str]:
    return run.status, run.error_node_id, run.error_outcome


def test_a_workflow_of_a_trigger_alone_is_done_at_once(cast: Cast) -> None:
    run = ran(cast, [running.START])
    assert (run.status, run.due_at, run.lease_owner, states(run)) == ("completed", None, None, {})
    assert run.started_at is not None
    assert run.finished_at is not None


def test_a_transform_makes_an_object_with_types_kept(cast: Cast) -> None:
    values = {
        "n": "{{ trigger.n | plus: 1 }}",
        "text": "n is {{ trigger.n }}",
        "by": "{{ run.id }}",
    }
    run = ran(cast, [node("make", values=values)], "start > make", data={"n": 2})
    assert output(run, "make") == {"n": 3, "text": "n is 2", "by": str(run.pk)}
    step = steps(run)["make"]
    assert (step.shown, step.outcome, step.output) == (output(run, "make"), "ok", "next")
    assert (step.node_name, step.kind, step.attempts) == ("Make", "transform", 1)


def test_an_expression_that_fails_at_night_fails_its_step(cast: Cast) -> None:
    run = ran(cast, [node("make", values={"n": "{{ trigger.deep.er }}"})], "start > make")
    assert failure(run) == ("failed", "make", "expression_failed")
    assert steps(run)["make"].detail == run.error_sentence != ""


@pytest.mark.parametrize(
    ("comparison", "total", "way"),
    [
        ({"operator": "greater", "with": 10}, 11, "yes"),
        ({"operator": "greater", "with": "10"}, "9", "no"),
        ({"operator": "equals", "with": "7"}, 7, "yes"),
        ({"operator": "equals", "with": 1}, True, "no"),
        ({"operator": "contains", "with": "b"}, ["a", "b"], "yes"),
        ({"operator": "begins_with", "with": "ab"}, "abc", "yes"),
        ({"operator": "ends_with", "with": "ab"}, "abc", "no"),
        ({"operator": "is_empty"}, [], "yes"),
        ({"operator": "is_false"}, "False", "yes"),
        ({"operator": "less", "with": "b"}, "a", "yes"),
        ({"operator": "differs", "with": None}, 0, "yes"),
    ],
)
def test_a_condition_goes_on_at_yes_or_no(
    cast: Cast, comparison: dict[str, Any], total: Any, way: str
) -> None:
    compared = {"value": "{{ trigger.total }}", **comparison}
    nodes = [node("check", "condition", comparisons=[compared]), node("yes"), node("no")]
    paths = ("start > check", "check.yes > yes", "check.no > no")
    run = ran(cast, nodes, *paths, data={"total": total})
    assert (run.status, states(run)) == ("completed", {"check": "completed", way: "completed"})


def test_a_condition_by_expression_meets_again_behind(cast: Cast) -> None:
    nodes = [
        node("check", "condition", expression="{{ trigger.n > 3 }}"),
        node("high", values={"is": "high"}),
        node("low", values={"is": "low"}),
        node("end", values={"said": "{{ low.is | default: high.is }}"}),
    ]
    paths = ("start > check", "check.yes > high > end", "check.no > low > end")
    run = ran(cast, nodes, *paths, data={"n": 1})
    assert output(run, "end") == {"said": "low"}


def test_what_has_no_order_is_not_compared(cast: Cast) -> None:
    nodes = [
        node("check", "condition", comparisons=[{"value": [1], "operator": "less", "with": 1}])
    ]
    assert failure(ran(cast, nodes, "start > check"))[2] == "not_comparable"


def test_a_loop_goes_over_a_list_and_what_is_behind_it_runs_once(cast: Cast) -> None:
    nodes = [
        node("each", "loop", items="{{ trigger.orders }}", item="order"),
        node("note", values={"id": "{{ order.id }}", "at": "{{ order_index }}"}),
        node("end", values={"rounds": "{{ each.rounds }}"}),
    ]
    orders = [{"id": "a"}, {"id": "b"}]
    paths = ("start > each", "each.each > note", "each.done > end")
    run = ran(cast, nodes, *paths, data={"orders": orders})
    assert set(states(run)) == {"each", "each[0].note", "each[1].note", "end"}
    assert output(run, "each[1].note") == {"id": "b", "at": 1}
    assert output(run, "end") == {"rounds": 2}


def test_loops_stand_in_each_other_and_count(cast: Cast) -> None:
    nodes = [
        node("outer", "loop", over="times", times="{{ trigger.n }}", item="a"),
        node("inner", "loop", over="times", times=2, item="b"),
        node("say", values={"is": "{{ a }}{{ b }}"}),
    ]
    run = ran(cast, nodes, "start > outer", "outer.each > inner", "inner.each > say", data={"n": 2})
    said = [output(run, f"outer[{a}].inner[{b}].say")["is"] for a in (0, 1) for b in (0, 1)]
    assert said == ["00", "01", "10", "11"]


def test_a_loop_stops_at_its_limits(cast: Cast) -> None:
    endless = node("loop", "loop", over="while", condition="{{ true }}", most=3)
    run = ran(cast, [endless, node("step")], "start > loop", "loop.each > step")
    assert failure(run) == ("failed", "loop", "too_many_rounds")
    assert len([place for place in states(run) if place.endswith("step")]) == 3


@pytest.mark.parametrize(
    ("settings", "outcome"),
    [
        ({"items": "{{ trigger }}"}, "not_a_list"),
        ({"items": [1, 2], "most": 1}, "too_many_rounds"),
        ({"over": "times", "times": "many"}, "not_a_number"),
        ({"over": "times", "times": 1.5}, "not_a_number"),
        ({"over": "times", "times": "{{ true }}"}, "not_a_number"),
        ({"over": "times", "times": -1}, "not_a_number"),
    ],
)
def test_a_loop_over_nothing_sensible_fails(
    cast: Cast, settings: dict[str, Any], outcome: str
) -> None:
    run = ran(cast, [node("loop", "loop", **settings)], "start > loop")
    assert failure(run) == ("failed", "loop", outcome)


def test_branches_run_and_their_outputs_are_there_when_all_are_done(cast: Cast) -> None:
    nodes = [
        node("fork", "parallel", branches=2),
        node("a", values={"is": 1}),
        node("b", values={"is": 2}),
        node("sum", values={"is": "{{ a.is | plus: b.is }}"}),
    ]
    run = ran(cast, nodes, "start > fork.branch_1 > a", "fork.branch_2 > b", "fork.done > sum")
    assert output(run, "sum") == {"is": 3}


def test_a_branch_that_waits_keeps_no_other_one(cast: Cast, set_clock: SetClock) -> None:
    nodes = [
        node("fork", "parallel", branches=2),
        node("pause", "delay", seconds=60),
        node("a", values={"is": 1}),
        node("b", values={"is": 2}),
        node("sum", values={"is": "{{ a.is | plus: b.is }}"}),
    ]
    paths = ("start > fork.branch_1 > pause > a", "fork.branch_2 > b", "fork.done > sum")
    run = ran(cast, nodes, *paths)
    assert (run.status, states(run)) == ("waiting", {"pause": "waiting", "b": "completed"})
    set_clock(clock.now() + timedelta(seconds=61))
    assert running.work() == ["completed"]
    assert output(run, "sum") == {"is": 3}


def test_a_delay_waits_without_a_worker_and_goes_on_once(cast: Cast, set_clock: SetClock) -> None:
    run = ran(cast, [node("pause", "delay", seconds=3600), node("end")], "start > pause > end")
    assert (run.status, run.waits_for, run.lease_owner) == ("waiting", "time", None)
    assert run.due_at == steps(run)["pause"].due_at
    assert running.work() == []
    set_clock(clock.now() + timedelta(seconds=3601))
    assert running.work() == ["completed"]
    assert states(run) == {"pause": "completed", "end": "completed"}


def test_a_delay_until_a_moment_that_is_over_does_not_wait(cast: Cast) -> None:
    nodes = [node("pause", "delay", until="{{ trigger.at }}")]
    run = ran(cast, nodes, "start > pause", data={"at": "2020-01-01T08:00:00"})
    assert run.status == "completed"


@pytest.mark.parametrize("moment", ["soon", "9999-01-01"])
def test_a_delay_until_no_moment_or_too_late_fails(cast: Cast, moment: str) -> None:
    run = ran(cast, [node("pause", "delay", until=moment)], "start > pause")
    assert failure(run) == ("failed", "pause", "bad_moment")


def test_a_response_is_what_the_run_gives_back(cast: Cast) -> None:
    body = {"id": "{{ trigger.id }}"}
    nodes = [node("answer", "response", status=201, body=body, headers={"X-Run": "{{ run.id }}"})]
    run = ran(cast, nodes, "start > answer", data={"id": 7})
    assert run.status == "completed"
    assert running.response(run) == {
        "status": 201,
        "body": {"id": 7},
        "headers": {"X-Run": str(run.pk)},
    }


def test_a_failure_stops_continues_or_branches(cast: Cast) -> None:
    broken = {"n": "{{ trigger.no.thing }}"}
    ends = {}
    for policy in ("stop", "continue", "branch"):
        nodes = [
            node("bad", values=broken, on_failure=policy),
            node("next", values={"why": "{{ bad.error.outcome }}"}),
            node("caught", values={"why": "{{ bad.error.node }}"}),
        ]
        paths = ["start > bad > next"] + (["bad.error > caught"] if policy == "branch" else [])
        nodes = nodes if policy == "branch" else nodes[:2]
        run = running.start(running.enabled(cast, nodes, *paths, name=policy))
        running.work()
        ends[policy] = (running.fresh(run).status, list(states(run)))
        if policy == "continue":
            assert output(run, "next") == {"why": "expression_failed"}
    assert ends == {
        "stop": ("failed", ["bad"]),
        "continue": ("completed", ["bad", "next"]),
        "branch": ("completed", ["bad", "caught"]),
    }


@pytest.mark.parametrize(
    ("policy", "status", "ran_steps"),
    [
        ("stop", "failed", {"loop", "loop[0].step"}),
        ("continue", "completed", {"loop", "loop[0].step", "loop[1].step", "end"}),
        ("branch", "completed", {"loop", "loop[0].step", "caught"}),
    ],
)
def test_a_round_that_fails_is_the_loops_failure(
    cast: Cast, policy: str, status: str, ran_steps: set[str]
) -> None:
    nodes = [
        node("loop", "loop", items=[{}, {"n": 1}], on_failure=policy),
        node("step", values={"n": "{{ item.n }}"}),
        node("end", values={"failed": "{{ loop.failed }}"}),
    ]
    paths = ["start > loop", "loop.each > step", "loop.done > end"]
    if policy == "branch":
        nodes.append(node("caught"))
        paths.append("loop.error > caught")
    run = ran(cast, nodes, *paths)
    assert (run.status, set(states(run))) == (status, ran_steps)
    if policy == "stop":
        assert run.error_node_id == "step"
    if policy == "continue":
        assert output(run, "end") == {"failed": 1}


@pytest.mark.parametrize(
    ("policy", "status", "behind"),
    [("stop", "failed", set()), ("continue", "completed", {"b", "end"}),
     ("branch", "completed", {"b", "caught"})],
)  # fmt: skip
def test_a_branch_that_fails_is_the_parallels_failure(
    cast: Cast, policy: str, status: str, behind: set[str]
) -> None:
    nodes = [
        node("fork", "parallel", branches=2, on_failure=policy),
        node("bad", values={"n": "{{ trigger.no.thing }}"}),
        node("b"),
        node("end"),
    ]
    paths = ["start > fork.branch_1 > bad", "fork.branch_2 > b", "fork.done > end"]
    if policy == "branch":
        nodes.append(node("caught"))
        paths.append("fork.error > caught")
    run = ran(cast, nodes, *paths)
    assert (run.status, set(states(run)) - {"fork", "bad"}) == (status, behind)
