"""Workers in processes of their own, killed at random: every run ends, no write comes twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests import servers
from tests.connections import steps as connections_steps
from tests.workflows import running, worker
from tests.workflows.graphs import node
from tests.workflows.running import get
from workflows.models import Run
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast
    from tests.servers import Received, Reply
    from workflows.models import Workflow

RUNS = 60
KILLS = 8
PATIENCE_SECONDS = 120
LEASE_SECONDS = 2


def slowly(received: Received) -> Reply:
    """Answer after a moment, so that workers die while they wait."""
    if received.method == "POST":
        time.sleep(random.uniform(0.0, 0.08))
    return servers.json_reply({"path": received.path})


def left(workflow: Workflow) -> int:
    with isolation.workspace(workflow.workspace_id):
        return int(Run.objects.filter(finished_at=None).count())


def kill_at_random(workflow: Workflow, port: int) -> int:
    """Run workers until no run is left, killing one now and then; return how often."""
    environment = {
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
        "OUTBOUND_ALLOWED_PORTS": str(port),
    }
    workers = [worker.begin(**environment) for _ in range(2)]
    kills, until = 0, time.monotonic() + PATIENCE_SECONDS
    before = left(workflow)
    try:
        while (now_left := left(workflow)) and time.monotonic() < until:
            time.sleep(random.uniform(0.02, 0.1))
            if now_left < before and kills < KILLS:  # it works: a killed one leaves something
                before = now_left
                worker.kill(workers.pop(0))
                workers.append(worker.begin(**environment))
                kills += 1
    finally:
        for one in workers:
            worker.kill(one)
    return kills


@pytest.mark.django_db(transaction=True)
def test_killed_workers_lose_no_run_and_repeat_no_write(
    cast: Cast, reach: Callable[..., None]
) -> None:
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
        runs = [running.start(workflow) for _ in range(RUNS)]
        kills = kill_at_random(workflow, server.port)
        written = Counter(one.path for one in server.requests if one.method == "POST")

    ended = [running.fresh(run) for run in runs]
    assert kills > 0
    assert {run.status for run in ended} <= {"completed", "failed"}
    assert set(written.values()) == {1}
    unknown = {f"/write/{run.pk}" for run in ended if run.error_outcome == "outcome_unknown"}
    completed = {f"/write/{run.pk}" for run in ended if run.status == "completed"}
    assert len(unknown) + len(completed) == RUNS
    assert completed <= set(written) <= completed | unknown
