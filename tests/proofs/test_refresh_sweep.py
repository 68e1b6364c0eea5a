"""Ten thousand tokens that are due in the same minute: each is renewed once, and memory stays flat.

At its full size it prints how fast that was; see `make soak`.
"""

from __future__ import annotations

import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connections as databases

from connections.oauth import sweeping
from spojit.lib import clock
from tests import factories
from tests.connections import grants
from tests.proofs import granting
from tests.proofs.sizes import IS_FULL, sized
from tests.servers import catalogue, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.proofs.conftest import Reach
    from tests.servers import Authority
    from tests.servers.tokens import TokenServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]

COUNT, WORKSPACES = int(sized(300, 10_000)), int(sized(3, 20))
THREADS, LAG_SECONDS = 8, 0.02
LEFT = timedelta(minutes=10)
MOST_SECONDS = sized(60, 600)
MOST_GROWTH_MB = 15.0
HELD_SECONDS = 6.0
SHARE, TOTAL_SECONDS, HANGING_SECONDS = 24, 4.0, 300.0


@pytest.fixture(scope="module")
def service(authority: Authority) -> Iterator[TokenServer]:
    with catalogue.with_connectors(catalogue.OIDC), tokens.running(authority) as running:
        yield running


def test_a_sweep_renews_each_of_many_once_with_flat_memory(
    service: TokenServer, reach: Reach, capsys: pytest.CaptureFixture[str]
) -> None:
    reach(service.port)
    grants.install_app(service)
    made = [
        connection
        for _ in range(WORKSPACES)
        for connection in granting.due(
            factories.make_workspace(), service, COUNT // WORKSPACES, left=LEFT
        )
    ]
    service.change(lag_seconds=LAG_SECONDS)
    warm = sum(sweeping.sweep(threads=THREADS, seconds=MOST_SECONDS / 20).values())
    before, started = memory_mb(), time.monotonic()
    rest = sweeping.sweep(threads=THREADS, seconds=MOST_SECONDS)
    seconds, growth = time.monotonic() - started, memory_mb() - before
    assert rest["ok"] == rest.total() == len(made) - warm
    state = service.state()
    assert (state["uses"], state["reused"]) == ({"1": len(made)}, 0)
    assert granting.revisions(made) == {2: len(made)}
    assert sweeping.sweep(threads=THREADS, seconds=10) == {}
    assert state["most_at_once"] <= THREADS
    assert growth < MOST_GROWTH_MB
    if IS_FULL:
        with capsys.disabled():
            told = f"{sum(rest.values()) / seconds:.0f} renewals a second, {growth:.1f} MiB more"
            sys.stdout.write(f"\n{told}, at most {state['most_at_once']} at once\n")


def test_a_host_that_never_answers_holds_up_no_other(
    service: TokenServer, authority: Authority, reach: Reach
) -> None:
    workspace = factories.make_workspace()
    service.reset()
    with tokens.running(authority, service.app, lag_seconds=HANGING_SECONDS) as mute:
        reach(service.port, mute.port, total_seconds=TOTAL_SECONDS)
        grants.install_app(service)
        service.change(lag_seconds=LAG_SECONDS)
        first = granting.due(workspace, mute, SHARE, left=LEFT)
        later = granting.due(workspace, service, SHARE, left=LEFT)
        found = sweeping.sweep(threads=THREADS // 2, seconds=1.5 * TOTAL_SECONDS)
    assert found["ok"] == SHARE
    assert granting.revisions(later) == {2: SHARE}
    assert granting.revisions(first) == {1: SHARE}


def test_what_becomes_due_during_a_slow_renewal_is_not_kept_waiting(
    service: TokenServer, reach: Reach
) -> None:
    reach(service.port)
    service.change(lag_seconds=0)
    grants.install_app(service)
    slow, quick = granting.due(factories.make_workspace(), service, 2, left=LEFT)
    grants.change(quick, refresh_due_at=None)
    service.next_answers({"kind": "delay", "seconds": HELD_SECONDS})
    with ThreadPoolExecutor(1) as threads:
        sweep = threads.submit(_sweep_and_close)
        _wait_until(lambda: service.state()["waiting"] == 0)
        grants.change(quick, refresh_due_at=clock.now())
        _wait_until(lambda: grants.credential(quick).revision == 2)
        assert not sweep.done()
        assert sweep.result(timeout=60) == {"ok": 2}
    assert grants.credential(slow).revision == 2


def _sweep_and_close() -> dict[str, int]:
    try:
        return dict(sweeping.sweep(threads=2, seconds=60))
    finally:
        databases.close_all()


def _wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HELD_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)


def memory_mb() -> float:
    """Return how much memory this process holds, in MiB (proc(5), statm in pages)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20
