"""Turns and limits: no workflow has more runs at once than it may, and none waits for another."""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections as databases

from spojit.lib import clock
from spojit.lib.ids import LEAST
from tests.proofs.sizes import IS_FULL, sized
from tests.workflows import running
from tests.workflows.graphs import node
from workflows.models import Run, Workflow
from workflows.runs import claiming
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.factories import Cast

QUEUED = int(sized(3_000, 100_000))
MOST_TOUCHED = 300
"""Rows that a claim may look at, however many are queued."""

_COPY = """
INSERT INTO workflows_run ({columns})
SELECT {values} FROM workflows_run, generate_series(1, {times}) WHERE id = '{id}'
"""


def limited(workflow: Workflow, most: int) -> Workflow:
    with isolation.workspace(workflow.workspace_id):
        Workflow.objects.filter(pk=workflow.pk).update(most_at_once=most)
    return workflow


def queued(workflow: Workflow, times: int) -> list[Run]:
    return [running.start(workflow) for _ in range(times)]


def flooded(workflow: Workflow, times: int) -> None:
    """Queue so many runs by one statement."""
    run = running.start(workflow)
    columns = [str(one.column) for one in Run._meta.concrete_fields if one.column != "id"]
    statement = _COPY.format(
        columns=", ".join(["id", *columns]),
        values=", ".join(["gen_random_uuid()", *columns]),
        times=times,
        id=run.pk,
    )
    isolation.ask(workflow.workspace_id, statement, {})


def claimed(most: int) -> Counter[str]:
    return Counter(one.workflow_name for one in claiming.claim(most=most))


def leased(cast: Cast) -> int:
    with isolation.workspace(cast.workspace):
        return int(Run.objects.filter(status="running").count())


@pytest.mark.django_db(transaction=True)
def test_a_limit_is_exact_however_many_workers_claim_at_once(cast: Cast) -> None:
    workflow = limited(running.enabled(cast, [running.START]), 3)
    queued(workflow, 30)
    barrier = threading.Barrier(6)

    def race() -> int:
        barrier.wait(timeout=10)
        found = sum(len(claiming.claim(most=4)) for _ in range(3))
        databases.close_all()
        return found

    with ThreadPoolExecutor(6) as pool:
        won = [one.result() for one in [pool.submit(race) for _ in range(6)]]
    assert (sum(won), leased(cast)) == (3, 3)


@pytest.mark.django_db
def test_other_workflows_go_on_beside_a_limited_ones_queue(cast: Cast) -> None:
    slow = limited(running.enabled(cast, [running.START], name="Slow"), 2)
    busy = running.enabled(cast, [running.START], name="Busy")
    queued(slow, 20)
    queued(busy, 20)
    quick = running.enabled(cast, [running.START], name="Quick")
    queued(quick, 1)
    assert claimed(6) == {"Slow": 2, "Busy": 3, "Quick": 1}
    queued(quick, 1)  # who has fewer under way comes first
    assert claimed(1) == {"Quick": 1}
    assert claimed(99) == {"Busy": 17}
    assert claimed(99) == {}


@pytest.mark.django_db
def test_a_run_that_waits_holds_no_place(cast: Cast) -> None:
    nodes = [node("pause", "delay", seconds=100)]
    workflow = limited(running.enabled(cast, nodes, "start > pause"), 1)
    first, second = queued(workflow, 2)
    assert running.work() == ["waiting"]
    assert running.work() == ["waiting"]
    assert (running.fresh(first).status, running.fresh(second).status) == ("waiting", "waiting")
    with isolation.workspace(cast.workspace):
        Run.objects.update(due_at=clock.now())
    assert [one.id for one in claiming.claim(most=9)] == [first.pk]
    assert running.fresh(second).status == "queued"  # its rest is over, its turn has not come
    assert claiming.claim(most=9) == []


@pytest.mark.django_db
def test_what_a_lost_worker_held_holds_its_place_until_the_lease_ends(
    cast: Cast, settings: Any
) -> None:
    settings.LEASE_SECONDS = 0
    workflow = limited(running.enabled(cast, [running.START]), 1)
    queued(workflow, 2)
    lost = claiming.claim(most=9)
    assert len(lost) == 1
    settings.LEASE_SECONDS = 45
    assert len(claiming.claim(most=9)) == 1
    assert claiming.claim(most=9) == []


@pytest.mark.django_db(transaction=True)
def test_a_claim_looks_at_few_rows_however_many_are_queued(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = limited(running.enabled(cast, [running.START], name="Slow"), 2)
    quick = running.enabled(cast, [running.START], name="Quick")
    queued(quick, 40)
    before = _seconds()
    flooded(slow, QUEUED)
    assert claimed(8)["Slow"] == 2
    after = _seconds()
    assert max(_touched()) < MOST_TOUCHED
    if IS_FULL:
        with capsys.disabled():
            told = f"{before * 1e3:.2f} ms; with {QUEUED:,} queued {after * 1e3:.2f} ms"
            sys.stderr.write(f"\n  A claim: {told}\n")


def _seconds() -> float:
    """Measure a claim that finds one run."""
    found = []
    for _ in range(8):
        begun = time.perf_counter()
        assert len(claiming.claim(most=1)) == 1
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


def _touched() -> Iterator[int]:
    """Give how many rows each part of a claim's plan came upon."""
    now = clock.now()
    values = {"now": now, "most": 8, "owner": LEAST, "until": now}
    statement = f"EXPLAIN (ANALYZE, FORMAT JSON) {claiming._CLAIM}"
    [[plans]] = isolation.ask_everywhere(statement, values, reason="a test")
    parts = [plans[0]["Plan"]]
    while parts:
        part = parts.pop()
        parts += part.get("Plans", [])
        removed = part.get("Rows Removed by Filter", 0) + part.get("Rows Removed by Join Filter", 0)
        yield int((part["Actual Rows"] + removed) * part["Actual Loops"])
