"""Two thousand runs with a write in the middle, workers killed at random, Redis emptied twice.

The installation itself: Celery workers and the scheduler. Its reduced form, with workers that need
no broker, is `test_killed_workers.py`.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import redis
from django.conf import settings

from tests import servers
from tests.connections import steps as connections_steps
from tests.live import Live
from tests.proofs.sizes import IS_FULL
from tests.workflows import running
from tests.workflows.graphs import node
from tests.workflows.running import get
from tests.workflows.test_killed_workers import left
from tests.workflows.test_turns import flooded
from workflows import tasks
from workflows.models import Run
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.factories import Cast
    from tests.servers import Received, Reply
    from workflows.models import Workflow

RUNS = 2_000
LONGEST_WRITE_SECONDS = 0.2
PAUSE_SECONDS = (2.0, 9.0)
PATIENCE_SECONDS = 600
WORKERS = ("worker", "worker 2")


def slowly(received: Received) -> Reply:
    """Answer after a moment, so that workers die while they wait."""
    if received.method == "POST":
        time.sleep(random.uniform(0.0, LONGEST_WRITE_SECONDS))
    return servers.json_reply({"path": received.path})


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Live]]:
    """Start two workers and a scheduler that know a service's port."""
    monkeypatch.setenv("LEASE_SECONDS", "5")
    monkeypatch.setenv("SWEEP_SECONDS", "3")
    (tmp_path / "mail").mkdir()
    started: list[Live] = []

    def start(port: int) -> Live:
        started.append(Live(tmp_path, 0, port))
        for name in (*WORKERS, "scheduler"):
            started[0].start(name)
        return started[0]

    yield start
    for one in started:
        one.stop()


def empty_redis() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


def kill_until_done(installation: Live, workflow: Workflow) -> tuple[int, int]:
    """Kill a worker now and then until no run is left; say how often, and how often Redis went."""
    kills = flushes = 0
    until = time.monotonic() + PATIENCE_SECONDS
    while (now_left := left(workflow)) and time.monotonic() < until:
        time.sleep(random.uniform(*PAUSE_SECONDS))
        if now_left < RUNS * (2 - flushes) // 3:
            empty_redis()
            flushes += 1
        victim = random.choice(WORKERS)
        installation.kill(victim)
        installation.start(victim)
        tasks.work.apply_async()  # as whatever starts a run does
        kills += 1
    return kills, flushes


@pytest.mark.soak
@pytest.mark.skipif(not IS_FULL, reason="its reduced form is test_killed_workers.py")
@pytest.mark.django_db(transaction=True)
def test_two_thousand_runs_outlive_their_workers_and_redis(
    cast: Cast,
    reach: Callable[..., None],
    live: Callable[[int], Live],
    capsys: pytest.CaptureFixture[str],
) -> None:
    begun = time.monotonic()
    with servers.recording(slowly) as server:
        reach(server.port)
        connection = connections_steps.connect(cast.workspace, server)
        write = get("write", connection, "post", arguments={"path": "/write/{{ run.id }}"})
        nodes = [
            get("read", connection),
            write,
            node("end", values={"got": "{{ write.body.path }}"}),
        ]
        workflow = running.enabled(cast, nodes, "start > read > write > end")
        flooded(workflow, RUNS - 1)
        installation = live(server.port)
        tasks.work.apply_async()
        kills, flushes = kill_until_done(installation, workflow)
        written = Counter(one.path for one in server.requests if one.method == "POST")

    with isolation.workspace(cast.workspace):
        ended = list(Run.objects.all())
    unknown = {f"/write/{run.pk}" for run in ended if run.error_outcome == "outcome_unknown"}
    completed = {f"/write/{run.pk}" for run in ended if run.status == "completed"}
    with capsys.disabled():
        sys.stderr.write(
            f"\n  {RUNS:,} runs, {kills} workers killed, Redis emptied {flushes} times:"
            f" {len(completed):,} completed, {len(unknown)} with an unknown outcome, of which"
            f" {len(unknown & set(written))} had arrived; {len(written):,} writes arrived, each"
            f" {max(written.values())} time at most; {time.monotonic() - begun:.0f} s\n"
        )
    assert (kills > 0, flushes) == (True, 2)
    assert len(unknown) + len(completed) == len(ended) == RUNS
    assert set(written.values()) == {1}
    assert completed <= set(written) <= completed | unknown
