"""Many workers, one call; a worker killed in the middle loses nothing."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections as databases

from connections import credentials, tasks
from connections.models import Check, Connection
from tests import factories, servers
from tests.live import Live
from tests.proofs import acts
from tests.proofs.sizes import sized
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.proofs.conftest import Reach
    from tests.servers import Received, Reply, Server

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "a-key-that-workers-race-for"
PATIENCE_SECONDS = 60.0  # on a busy machine; nothing waits so long by design


def due(server: Server) -> Connection:
    """Make a connection that waits for its first verification."""
    values = {"base_url": server.url, "api_key": KEY, "test_path": "/me"}
    return acts.connect(factories.make_workspace(), "http", "api_key", values)


def at_once(count: int, act: Callable[[], Any]) -> None:
    """Do the same in as many threads, begun together, and wait for all of them."""
    start = threading.Barrier(count)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            start.wait(PATIENCE_SECONDS)
            act()
        except BaseException as failure:  # noqa: BLE001 - told to the test below
            failures.append(failure)
        finally:
            databases.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert failures == []


def checks_of(connection: Connection) -> int:
    """Count what was recorded."""
    with factories.scope(connection.workspace):
        return Check.objects.filter(connection=connection).count()


@pytest.mark.soak
def test_workers_that_race_for_a_verification_make_one_call(reach: Reach) -> None:
    for _ in range(int(sized(3, 100))):
        _race(reach, workers=int(sized(4, 8)))


def _race(reach: Reach, *, workers: int) -> None:
    all_but_one_left = threading.Semaphore(0)

    def answer(_received: Received) -> Reply:
        for _ in range(workers - 1):  # the others find the lease taken while this one is at it
            assert all_but_one_left.acquire(timeout=PATIENCE_SECONDS)
        return servers.json_reply({})

    with servers.recording(answer) as server:
        reach(server.port)
        connection = due(server)

        def act() -> None:
            acts.work(connection)
            all_but_one_left.release()

        at_once(workers, act)
        seen = acts.look(connection)
        assert len(server.requests) == 1
    assert (seen.status, checks_of(connection)) == ("active", 1)


def test_what_was_asked_for_during_a_verification_is_done_after_it(reach: Reach) -> None:
    entered, answered = threading.Event(), threading.Event()

    def answer(received: Received) -> Reply:
        entered.set()
        assert answered.wait(PATIENCE_SECONDS)
        return servers.json_reply({})

    with servers.recording(answer) as server:
        reach(server.port)
        connection = due(server)
        worker = threading.Thread(target=_work_and_close, args=[connection])
        worker.start()
        assert entered.wait(PATIENCE_SECONDS)
        credentials.stage(connection, values={"api_key": KEY + "-2"}, actor=acts.owner(connection))
        acts.work(connection)
        assert len(server.requests) == 1
        answered.set()
        worker.join(PATIENCE_SECONDS)
        acts.work(connection)
        assert len(server.requests) == 2
        assert server.requests[1].headers["authorization"] == f"Bearer {KEY}-2"
    seen = acts.look(connection)
    assert (seen.status, seen.check.credential_version) == ("active", 2)


def _work_and_close(connection: Connection) -> None:
    acts.work(connection)
    databases.close_all()


@pytest.mark.soak
def test_a_worker_killed_in_the_middle_leaves_no_connection_pending(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lease, sweep = int(sized(3, 45)), int(sized(1, 10))
    count = int(sized(2, 4))  # as many as the worker has threads
    hangs, ended = threading.Event(), threading.Event()
    hangs.set()

    def answer(_received: Received) -> Reply:
        if hangs.is_set():
            ended.wait()
        return servers.json_reply({})

    with servers.recording(answer) as server, _installation(tmp_path, server) as live:
        monkeypatch.setenv("LEASE_SECONDS", str(lease))
        monkeypatch.setenv("SWEEP_SECONDS", str(sweep))
        live.start("worker")
        live.start("scheduler")
        started = time.monotonic()
        pending = [_announced(due(server)) for _ in range(count)]
        _wait_until(lambda: len(server.requests) == count)
        live.kill("worker")
        hangs.clear()
        live.start("worker")
        _wait_until(lambda: _pending(pending) == 0, seconds=lease + sweep + PATIENCE_SECONDS)
        lasted = time.monotonic() - started
        ended.set()
    assert lasted < sized(lease + sweep + PATIENCE_SECONDS, 60)
    assert {acts.look(connection).status for connection in pending} == {"active"}
    assert [checks_of(connection) for connection in pending] == [1] * count


def _announced(connection: Connection) -> Connection:
    tasks.announce_verification(connection)
    return connection


@contextmanager
def _installation(folder: Path, server: Server) -> Iterator[Live]:
    (folder / "mail").mkdir()
    live = Live(folder, 0, server.port)
    try:
        yield live
    finally:
        live.stop()


def _pending(connections: list[Connection]) -> int:
    found = [connection.pk for connection in connections]
    with isolation.everything(reason="a test counts"):
        return Connection.objects.filter(pk__in=found, status="pending").count()


def _wait_until(holds: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)
