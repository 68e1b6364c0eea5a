"""Workers that die at any moment, and workers that race: nothing is lost, no write is repeated."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import connections as databases

from connections import calls
from spojit.lib import clock
from tests.workflows import running
from tests.workflows.graphs import node
from tests.workflows.running import get, states, steps
from workflows.models import Run
from workflows.runs import advancing, claiming, journal
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable

    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers import Server
    from workflows.models import Workflow

    SetClock = Callable[..., None]


class Killed(BaseException):
    """What nothing catches, as nothing catches a SIGKILL."""


def later(set_clock: SetClock) -> None:
    """Let the leases run out."""
    set_clock(clock.now() + timedelta(seconds=settings.LEASE_SECONDS + 1))


def writing(cast: Cast, connection: Connection) -> Workflow:
    """Read, write, note, in a loop of two rounds and behind it."""
    nodes = [
        get("read", connection),
        node("loop", "loop", over="times", times=2),
        get("post", connection, "post", arguments={"path": "/post/{{ item }}"}),
        node("note", values={"got": "{{ read.body.path }}"}),
        get("last", connection, "post"),
    ]
    paths = ("start > read > loop", "loop.each > post > note", "loop.done > last")
    return running.enabled(cast, nodes, *paths)


def received(server: Server) -> list[str]:
    return [f"{one.method} {one.path}" for one in server.requests if one.path != "/me"]


def dying(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, *, at: int, after: bool
) -> list[int]:
    """Make the worker die before or after the n-th call of a function, once."""
    real, count = getattr(module, name), [0]

    def deadly(*args: Any, **named: Any) -> Any:
        count[0] += 1
        is_hit = count[0] == at
        if is_hit and not after:
            raise Killed
        found = real(*args, **named)
        if is_hit:
            raise Killed
        return found

    monkeypatch.setattr(module, name, deadly)
    return count


@pytest.mark.django_db
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 12))
def test_a_worker_that_dies_at_a_commit_repeats_no_write(
    cast: Cast,
    connection: Connection,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    set_clock: SetClock,
    at: int,
    after: bool,
) -> None:
    run = running.start(writing(cast, connection))
    dying(monkeypatch, journal.RunJournal, "_write", at=at, after=after)
    try:
        running.work()
    except Killed:
        assert running.work() == []  # the lease is held
        later(set_clock)
        assert running.work() in (["completed"], ["failed"])
    ended = running.fresh(run)
    posts = [one for one in received(server) if one.startswith("POST")]
    assert len(posts) == len(set(posts))
    if ended.status == "failed":
        assert ended.error_outcome == "outcome_unknown"
    else:
        assert posts == ["POST /post/0", "POST /post/1", "POST /last"]
        assert len(states(run)) == 7


@pytest.mark.django_db
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 5))
def test_a_worker_that_dies_at_a_call_repeats_reads_only(
    cast: Cast,
    connection: Connection,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    set_clock: SetClock,
    at: int,
    after: bool,
) -> None:
    run = running.start(writing(cast, connection))
    dying(monkeypatch, calls, "call", at=at, after=after)
    with pytest.raises(Killed):
        running.work()
    later(set_clock)
    is_read = at == 1
    assert running.work() == ["completed" if is_read else "failed"]
    posts = [one for one in received(server) if one.startswith("POST")]
    assert len(posts) == len(set(posts))
    ended = running.fresh(run)
    assert ended.error_outcome == ("" if is_read else "outcome_unknown")
    assert received(server).count("GET /read") == (2 if is_read and after else 1)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["_finish", "_scope", "_carried_on"])
def test_a_worker_that_dies_between_steps_changes_nothing(
    cast: Cast,
    connection: Connection,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    set_clock: SetClock,
    name: str,
) -> None:
    run = running.start(writing(cast, connection))
    dying(monkeypatch, advancing, name, at=1, after=False)
    with pytest.raises(Killed):
        running.work()
    later(set_clock)
    assert running.work() == ["completed"]
    assert len(received(server)) == 4
    assert running.fresh(run).status == "completed"


@pytest.mark.django_db
def test_a_run_that_loses_every_worker_fails_in_the_end(
    cast: Cast, connection: Connection, monkeypatch: pytest.MonkeyPatch, set_clock: SetClock
) -> None:
    run = running.start(writing(cast, connection))
    monkeypatch.setattr(calls, "call", lambda *_, **__: (_ for _ in ()).throw(Killed))
    for _ in range(advancing.MOST_LOSSES):
        with pytest.raises(Killed):
            running.work()
        later(set_clock)
    assert running.work() == ["failed"]
    assert running.fresh(run).error_outcome == "worker_lost"


@pytest.mark.django_db
def test_a_worker_whose_lease_ran_out_commits_nothing(
    cast: Cast, connection: Connection, server: Server, set_clock: SetClock
) -> None:
    run = running.start(writing(cast, connection))
    [late] = claiming.claim(most=1)
    later(set_clock)
    [other] = claiming.claim(most=1)
    assert advancing.advance(late) == ""
    assert (steps(run), received(server)) == ({}, ["GET /read"])
    assert advancing.advance(other) == "completed"


@pytest.mark.django_db
def test_a_run_has_limits_of_time_and_of_steps(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, set_clock: SetClock
) -> None:
    nodes = [node("loop", "loop", over="times", times=10), node("step")]
    workflow = running.enabled(cast, nodes, "start > loop.each > step")
    monkeypatch.setattr(journal, "MOST_STEPS", 3)
    run = running.start(workflow)
    assert running.work() == ["failed"]
    assert running.fresh(run).error_outcome == "too_many_steps"

    run = running.start(workflow)
    with isolation.workspace(cast.workspace):
        Run.objects.filter(pk=run.pk).update(worked_ms=settings.RUN_SECONDS * 1000 + 1)
    assert running.work() == ["timed_out"]
    assert running.fresh(run).error_sentence == "It worked for more than 60 minutes."


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_carry_each_run_on_once(
    cast: Cast, connection: Connection, server: Server
) -> None:
    workflow = running.enabled(cast, [get("a", connection, "post")], "start > a")
    for _ in range(30):
        running.start(workflow)
    ended: list[str] = []

    def work() -> None:
        while found := running.work(most=3):
            ended.extend(found)
        databases.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == ["completed"] * 30
    assert received(server) == ["POST /a"] * 30
