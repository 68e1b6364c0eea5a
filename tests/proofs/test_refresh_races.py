"""Many processes, one token: it is renewed once. A killed worker's lease is another's soon."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connections as databases

from connections import tasks
from connections.credentials import tokens as stored
from connections.models import Credential
from connections.oauth import refresh
from tests import factories
from tests.connections import grants, steps
from tests.live import Live
from tests.proofs import granting, hatchery
from tests.proofs.sizes import sized
from tests.servers import catalogue, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from connections.models import Connection
    from tests.proofs.conftest import Reach
    from tests.servers import Authority
    from tests.servers.tokens import TokenServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]

PROCESSES, TOKENS = int(sized(12, 50)), int(sized(3, 20))
LAG_SECONDS = 0.3
LEASE_SECONDS, SWEEP_SECONDS = int(sized(3, 45)), int(sized(1, 10))
PATIENCE_SECONDS = LEASE_SECONDS + SWEEP_SECONDS + 60
LONG = 300.0
IN_THE_MARGIN = timedelta(minutes=5)
OVER = timedelta(seconds=-1)


@pytest.fixture(scope="module")
def _running(authority: Authority) -> Iterator[TokenServer]:
    with catalogue.with_connectors(catalogue.OIDC), tokens.running(authority) as service:
        yield service


@pytest.fixture
def service(_running: TokenServer, reach: Reach) -> TokenServer:
    _running.change(**tokens.SETTINGS)
    _running.reset()
    reach(_running.port)
    grants.install_app(_running)
    return _running


def test_processes_that_race_for_a_token_renew_it_once(service: TokenServer) -> None:
    workspace = factories.make_workspace()
    made = [grants.connect(workspace, service, name=f"Shop {number}") for number in range(TOKENS)]
    service.change(lag_seconds=LAG_SECONDS)
    found = hatchery.race(made, processes=PROCESSES, environment=environment(service))
    callers = len(range(0, PROCESSES, 3))
    assert [Counter(results) for results in found] == [
        Counter({2: callers, None: PROCESSES - callers})
    ] * TOKENS
    state = service.state()
    assert (state["uses"], state["reused"]) == ({"1": TOKENS}, 0)
    assert granting.revisions(made) == {2: TOKENS}
    assert_nothing_was_lost(made, service)


def test_a_caller_waits_for_whoever_writes_the_row_and_is_not_refused(
    service: TokenServer,
) -> None:
    connection = grants.connect(factories.make_workspace(), service)
    row, is_locked = grants.age(connection, left=OVER), threading.Event()

    def write() -> None:
        try:
            with factories.scope(connection.workspace):
                Credential.objects.select_for_update().get(pk=row.pk)
                is_locked.set()
                time.sleep(0.5)
        finally:
            databases.close_all()

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        assert is_locked.wait(PATIENCE_SECONDS)
        assert refresh.ensure_fresh(connection).revision == 2
        writing.result()


def test_what_a_killed_worker_held_is_renewed_by_another_unless_the_service_did_so(
    service: TokenServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workspace = factories.make_workspace()
    asked, renewed = (grants.connect(workspace, service, name=name) for name in ("Asked", "Done"))
    with installation(service, monkeypatch, tmp_path) as live:
        service.next_answers({"kind": "late", "seconds": LONG})
        grants.age(asked, left=IN_THE_MARGIN)
        wait_until(lambda: service.state()["waiting"] == 0)
        service.next_answers({"kind": "delay", "seconds": LONG})
        grants.age(renewed, left=IN_THE_MARGIN)
        announce(renewed)
        wait_until(lambda: service.state()["counts"].get("refresh_token") == 1)
        live.kill("worker")
        assert grants.credential(asked).refresh_owner is not None
        live.start("worker")
        wait_until(lambda: grants.credential(asked).revision == 2)
        wait_until(lambda: steps.fresh(renewed).status != "active")
        time.sleep(2.5 * SWEEP_SECONDS)
    row, state = grants.credential(asked), service.state()
    assert (row.refresh_owner, row.refresh_lease_until, row.refresh_failures) == (None, None, 0)
    assert (state["uses"], state["reused"]) == ({"1": 1, "2": 1}, 1)
    assert [steps.fresh(one).status for one in (asked, renewed)] == ["active", "reauthorize"]
    assert steps.fresh(renewed).reason == "answer_lost"
    assert grants.credential(renewed).revision == 1
    assert_nothing_was_lost([asked], service)


def announce(connection: Connection) -> None:
    """Wake a worker, as a caller does: the sweep waits for the answer to its first renewal."""
    tasks.announce_refresh(connection, grants.credential(connection))


def environment(service: TokenServer) -> dict[str, str]:
    """Let other processes call the service."""
    return {
        "OUTBOUND_ALLOWED_PORTS": str(service.port),
        "OUTBOUND_CA_BUNDLE": str(service.authority.bundle),
    }


@contextmanager
def installation(
    service: TokenServer, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> Iterator[Live]:
    """Run a worker and a scheduler."""
    for name, value in environment(service).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LEASE_SECONDS", str(LEASE_SECONDS))
    monkeypatch.setenv("SWEEP_SECONDS", str(SWEEP_SECONDS))
    (folder / "mail").mkdir()
    live = Live(folder, 0, service.port)
    try:
        live.start("worker")
        live.start("scheduler")
        yield live
    finally:
        live.stop()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)


def assert_nothing_was_lost(connections: list[Connection], service: TokenServer) -> None:
    """The stored tokens are the newest that the service gave: both of each work."""
    service.change(lag_seconds=0)
    for connection in connections:
        held = stored.read(grants.credential(connection))
        assert held is not None
        assert service.client.read("/api/me", held.access_token).status == 200
        renewed = service.client.token(
            service.app, grant_type="refresh_token", refresh_token=held.refresh_token
        )
        assert renewed.status == 200
