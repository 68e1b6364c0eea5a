"""Ten thousand tokens that are due in the same minute: each is renewed once, and memory stays flat.

At its full size it prints how fast that was; see `make soak`.
"""

from __future__ import annotations

import resource
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connections.oauth import sweeping
from tests import factories
from tests.connections import grants
from tests.proofs import granting
from tests.proofs.sizes import IS_FULL, sized
from tests.servers import catalogue, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proofs.conftest import Reach
    from tests.servers import Authority
    from tests.servers.tokens import TokenServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]

COUNT, WORKSPACES = int(sized(300, 10_000)), int(sized(3, 20))
THREADS, LAG_SECONDS = 8, 0.02
LEFT = timedelta(minutes=10)
MOST_SECONDS = sized(60, 600)
MOST_GROWTH_MB = 15.0
SHARE, TOTAL_SECONDS, HANGING_SECONDS = 40, 6.0, 300.0


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
    assert dict(rest) == {"ok": len(made) - warm}
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


def memory_mb() -> float:
    """Return how much memory this process holds, in MiB (proc(5), statm in pages)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20
