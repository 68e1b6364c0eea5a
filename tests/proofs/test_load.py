"""Many due verifications, a broker emptied and a worker killed in the middle: nothing is lost.

At its full size it prints how fast that was; see `make soak`.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import redis
from django.conf import settings

from connections import tasks
from connections.models import Check, Connection
from tests import factories, servers
from tests.live import WORKER_THREADS, Live
from tests.proofs import acts
from tests.proofs.sizes import IS_FULL, sized
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.servers import Received, Reply
    from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = int(sized(60, 2000))
WORKSPACES, UPSTREAMS = int(sized(4, 20)), 3
LEASE_SECONDS, SWEEP_SECONDS = int(sized(3, 45)), int(sized(1, 10))
WORKERS = ("worker", "worker 2")
MOST_SECONDS = sized(90, 900)
MOST_MEMORY_MB, MOST_GROWTH_MB = 250.0, 40.0


class Upstreams:
    """Services that note when each connection asked, and can keep everybody waiting."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []
        self.waiting = threading.Semaphore(0)
        self.is_open = threading.Event()
        self.is_open.set()

    def answer(self, received: Received) -> Reply:
        """Say yes, at once or when the gate opens."""
        self.asked.append((received.path, time.monotonic()))
        if not self.is_open.is_set():
            self.waiting.release()
            self.is_open.wait(MOST_SECONDS)
        return servers.json_reply({})


@pytest.fixture
def upstreams() -> Upstreams:
    return Upstreams()


@pytest.fixture
def live(
    upstreams: Upstreams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Live, list[str]]]:
    """Two workers, and the addresses of the services that they may call."""
    monkeypatch.setenv("LEASE_SECONDS", str(LEASE_SECONDS))
    monkeypatch.setenv("SWEEP_SECONDS", str(SWEEP_SECONDS))
    (tmp_path / "mail").mkdir()
    with ExitStack() as stack:
        running = [
            stack.enter_context(servers.recording(upstreams.answer)) for _ in range(UPSTREAMS)
        ]
        processes = Live(tmp_path, 0, *(server.port for server in running))
        stack.callback(processes.stop)
        stack.callback(upstreams.is_open.set)
        for name in WORKERS:
            processes.start(name)
        yield processes, [server.url for server in running]


@pytest.mark.soak
def test_a_load_survives_an_emptied_broker_and_a_killed_worker(
    live: tuple[Live, list[str]], upstreams: Upstreams, capsys: pytest.CaptureFixture[str]
) -> None:
    processes, urls = live
    made = _make(urls)
    before = processes.memory_mb("worker")
    started = time.monotonic()
    processes.start("scheduler")  # earlier, its sweeps would have the work done as it is made
    for connection in made:
        tasks.announce_verification(connection)
    _wait_until(lambda: len(upstreams.asked) >= COUNT // 3)
    emptied = _empty_the_broker()
    _wait_until(lambda: len(upstreams.asked) >= 2 * COUNT // 3)
    killed = _kill_in_the_middle_of_calls(processes, upstreams)
    _wait_until(lambda: _verified() == COUNT)
    seconds = time.monotonic() - started
    memory = processes.memory_mb("worker")
    _tell(capsys, upstreams, seconds=seconds, emptied=emptied, killed=killed, memory=memory)
    _assert_each_was_verified_once(made, upstreams)
    assert memory < MOST_MEMORY_MB
    assert memory - before < MOST_GROWTH_MB


def _make(urls: list[str]) -> list[Connection]:
    workspaces = [factories.make_workspace() for _ in range(WORKSPACES)]
    return [
        _due(workspaces[number % WORKSPACES], urls[number % UPSTREAMS], number)
        for number in range(COUNT)
    ]


def _due(workspace: Workspace, url: str, number: int) -> Connection:
    values = {"base_url": url, "api_key": f"a-key-{number:08}", "test_path": f"/{number}"}
    return acts.connect(workspace, "http", "api_key", values)


def _empty_the_broker() -> float:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
    return time.monotonic()


def _kill_in_the_middle_of_calls(processes: Live, upstreams: Upstreams) -> float:
    """Kill the second worker while every thread of both waits for an answer."""
    upstreams.is_open.clear()
    for _ in range(WORKER_THREADS * len(WORKERS)):
        assert upstreams.waiting.acquire(timeout=MOST_SECONDS)
    processes.kill(WORKERS[1])
    upstreams.is_open.set()
    return time.monotonic()


def _verified() -> int:
    with isolation.everything(reason="a test counts"):
        return Connection.objects.filter(status="active", lease_owner=None).count()


def _assert_each_was_verified_once(made: list[Connection], upstreams: Upstreams) -> None:
    """Only what the killed worker held was asked twice, and nothing was recorded twice."""
    asked = Counter(path for path, _ in upstreams.asked)
    assert len(asked) == COUNT
    assert Counter(asked.values()) == {1: COUNT - WORKER_THREADS, 2: WORKER_THREADS}
    with isolation.everything(reason="a test counts"):
        checked = Counter(Check.objects.values_list("connection_id", "outcome"))
        left = Connection.objects.exclude(status="active", lease_owner=None).count()
    assert checked == Counter((connection.pk, "ok") for connection in made)
    assert left == 0


def _tell(
    capsys: pytest.CaptureFixture[str],
    upstreams: Upstreams,
    *,
    seconds: float,
    emptied: float,
    killed: float,
    memory: float,
) -> None:
    if not IS_FULL:
        return
    first_after = min(at for _, at in upstreams.asked if at > emptied + 0.5) - emptied
    last_rescued = max(_second_askings(upstreams)) - killed
    with capsys.disabled():
        sys.stdout.write(
            f"\n{COUNT} verifications in {seconds:.1f} s ({COUNT / seconds:.0f} a second); the"
            f" emptied broker went on after {first_after:.1f} s, what the killed worker held was"
            f" verified after {last_rescued:.1f} s; a worker holds {memory:.0f} MiB\n"
        )


def _second_askings(upstreams: Upstreams) -> Iterator[float]:
    seen: set[str] = set()
    for path, at in upstreams.asked:
        if path in seen:
            yield at
        seen.add(path)


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + MOST_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)
