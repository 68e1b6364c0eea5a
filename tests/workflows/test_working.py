"""Claiming and working: whose turn it is, several runs at once, and how workers are woken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from redis import RedisError

from spojit.lib.ids import new_id
from tests import factories
from tests.workflows import running
from tests.workflows.graphs import node
from tests.workflows.running import get
from workflows import runs, tasks
from workflows.runs import advancing, claiming, working

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers import Server


@pytest.mark.django_db(transaction=True)
def test_a_pool_works_until_nothing_is_due(
    cast: Cast, connection: Connection, server: Server
) -> None:
    nodes = [get("a", connection), node("pause", "delay", seconds=100)]
    workflow = running.enabled(cast, nodes, "start > a > pause")
    for _ in range(10):
        running.start(workflow)
    assert working.work(threads=4, seconds=20) == {"waiting": 10}
    assert working.work(threads=4, seconds=20) == {}
    assert len([one for one in server.requests if one.path == "/a"]) == 10


@pytest.mark.django_db(transaction=True)
def test_a_fault_of_our_own_keeps_no_other_run(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    workflow = running.enabled(cast, [running.START])
    bad, good = running.start(workflow), running.start(workflow)
    real = advancing.advance

    def advance(claimed: claiming.Claimed) -> str:
        if claimed.id == bad.pk:
            raise LookupError("a bug")
        return real(claimed)

    monkeypatch.setattr(advancing, "advance", advance)
    assert working.work(threads=2, seconds=5) == {"fault": 1, "completed": 1}
    assert running.fresh(good).status == "completed"
    assert running.fresh(bad).status == "running"


@pytest.mark.django_db
def test_people_come_first_and_workspaces_in_turns(cast: Cast) -> None:
    mine = running.enabled(cast, [running.START])
    theirs = factories.make_workspace("Third", owner=cast.bob)
    other = running.enabled(
        factories.Cast(theirs, *(cast.bob,) * 4, cast.next_door, cast.mallory), [running.START]
    )
    for _ in range(3):
        runs.start(mine, trigger="schedule", data={})
    for _ in range(3):
        runs.start(mine, trigger="webhook", data={}, delivery_id=new_id())
    runs.start(other, trigger="webhook", data={}, delivery_id=new_id())
    running.start(mine)

    assert [one.trigger for one in claiming.claim(most=1)] == ["manual"]
    second = claiming.claim(most=2)
    assert {one.workspace_id for one in second} == {cast.workspace.pk, theirs.pk}
    assert {one.trigger for one in second} == {"webhook"}
    assert [one.trigger for one in claiming.claim(most=2)] == ["webhook"] * 2
    assert [one.trigger for one in claiming.claim(most=9)] == ["schedule"] * 3
    assert claiming.claim(most=9) == []


@pytest.mark.django_db
def test_workers_are_woken_once_for_many_and_by_the_sweep(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    woken: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.work, "apply_async", lambda **how: woken.append(how))
    tasks.sweep()
    assert woken == []
    workflow = running.enabled(cast, [node("pause", "delay", seconds=5)], "start > pause")
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(5):
            running.start(workflow)
            tasks.announce()
    assert woken == [{"retry": False}]
    tasks.sweep()
    assert len(woken) == 2
    running.work()
    tasks._come_back()
    assert 0 < woken[-1]["countdown"] <= 5
    tasks._come_back()
    assert len(woken) == 3


@pytest.mark.django_db(transaction=True)
def test_the_task_carries_on_what_is_due(cast: Cast) -> None:
    run = running.start(running.enabled(cast, [node("say")], "start > say"))
    tasks.work()
    assert running.fresh(run).status == "completed"


def test_a_wake_up_that_is_lost_fails_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> bool:
        raise RedisError

    monkeypatch.setattr("workflows.tasks.cache.add", refuse)

    tasks._wake()  # a sweep finds the run
