"""What a service's answers do to a grant: a real authorization server, rotating, that forgets none.

Only what a person must mend asks for a person; what passes by itself is late, and nothing more.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.db import connections as databases

from connections import calls, tasks, verification
from connections.calls import Use
from connections.oauth import refresh, sweeping
from spojit.lib import clock
from tests import factories
from tests.connections import grants, steps
from tests.proofs import acts, granting
from tests.proofs.sizes import sized
from tests.servers import catalogue, oidc
from workspaces import notices
from workspaces.models import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connections.models import Connection
    from connectors.outcomes import Outcome
    from tests.factories import Cast
    from tests.proofs.conftest import Reach
    from tests.servers import Authority
    from tests.servers.oidc import AuthorizationServer

pytestmark = pytest.mark.django_db(transaction=True)

USE = Use("person", name="Bob")
IN_THE_MARGIN = timedelta(minutes=5)
ANSWER_SECONDS = sized(1.5, 12.5)
ENDED = {"kind": "status", "status": 400, "body": {"error": "invalid_grant"}}
PEOPLE = ["Adam", "Alice", "Bob"]


@pytest.fixture(scope="module")
def _running(authority: Authority) -> Iterator[AuthorizationServer]:
    with catalogue.with_connectors(catalogue.OIDC), oidc.running(authority) as service:
        yield service


@pytest.fixture
def service(_running: AuthorizationServer, reach: Reach) -> AuthorizationServer:
    _running.reset()
    reach(_running.port)
    return _running


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def connection(cast: Cast, service: AuthorizationServer) -> Connection:
    """Bob's, whose tokens are in the margin before their end."""
    grants.install_app(service)
    made = granting.authorized(cast.workspace, service, actor=cast.bob)
    assert (made.status, made.account_name) == ("active", "alice")
    grants.age(made, left=IN_THE_MARGIN)
    return made


def sweep() -> dict[str, int]:
    """Do what the scheduler has a worker do."""
    return dict(sweeping.sweep(threads=2, seconds=30))


def make_due(connection: Connection) -> None:
    """Let the cool-down pass."""
    grants.change(connection, refresh_due_at=clock.now())


def call(connection: Connection) -> Outcome:
    return calls.call(connection, tool="list_orders", arguments={}, use=USE)


def standing(connection: Connection) -> tuple[str, str]:
    found = steps.fresh(connection)
    return found.status, found.reason


def asked(service: AuthorizationServer) -> dict[str, int]:
    """Count what reached the token endpoint for renewals, by what came of it."""
    counts: dict[str, int] = service.state()["counts"]
    return {key: count for key, count in counts.items() if key.startswith("refresh_token")}


def told(connection: Connection) -> list[str]:
    """Name who has been told that it broke."""
    with factories.scope(connection.workspace):
        rows = Notice.objects.filter(subject_id=connection.pk).select_related("user")
        return sorted(row.user.name for row in rows)


def keep_using(connection: Connection) -> None:
    """Let everything come by that might ask for tokens."""
    for _ in range(3):
        sweep()
        call(connection)
        tasks.sweep()
        steps.work(connection)
        row = grants.credential(connection)
        tasks.refresh(workspace_id=str(row.workspace_id), credential_id=str(row.pk))


@pytest.mark.parametrize("kind", ["drop", "cut"])
def test_an_answer_lost_after_the_service_rotated_asks_the_person_once(
    connection: Connection, service: AuthorizationServer, kind: str
) -> None:
    service.next_answers({"kind": kind})
    first = sweep()
    assert sum(first.values()) == 1
    assert "ok" not in first
    assert (standing(connection), told(connection)) == (("active", ""), [])
    assert sweep() == {}  # it cools down
    make_due(connection)
    assert sweep() == {"answer_lost": 1}
    assert standing(connection) == ("reauthorize", "answer_lost")
    keep_using(connection)
    assert asked(service) == {"refresh_token": 1, "refresh_token invalid_grant": 1}
    assert standing(connection) == ("reauthorize", "answer_lost")
    assert told(connection) == PEOPLE


def test_an_answer_dropped_on_a_kept_connection_is_not_asked_for_twice(
    connection: Connection, service: AuthorizationServer
) -> None:
    assert sweep() == {"ok": 1}
    make_due(connection)
    service.next_answers({"kind": "drop"})
    assert sum(sweep().values()) == 1
    assert asked(service) == {"refresh_token": 2}


def test_an_answer_later_than_we_wait_for_is_lost(
    connection: Connection, service: AuthorizationServer, reach: Reach
) -> None:
    reach(service.port, total_seconds=1.0)
    service.next_answers({"kind": "delay", "seconds": 1.5})
    assert sweep() == {"timeout": 1}
    assert standing(connection) == ("active", "")
    reach(service.port)
    make_due(connection)
    assert sweep() == {"answer_lost": 1}
    assert standing(connection) == ("reauthorize", "answer_lost")


def test_a_busy_service_makes_it_late_and_nothing_else(
    connection: Connection, service: AuthorizationServer
) -> None:
    busy = {"kind": "status", "status": 503, "headers": {"Retry-After": "60"}}
    service.next_answers(busy, busy)
    for _ in range(2):
        assert sweep() == {"upstream_fault": 1}
        row = grants.credential(connection)
        assert (standing(connection), row.is_refreshing_late) == (("active", ""), True)
        assert row.refresh_due_at is not None
        assert row.refresh_due_at > clock.now() + timedelta(seconds=50)
        assert call(connection).name == "ok"
        make_due(connection)
    assert sweep() == {"ok": 1}
    row = grants.credential(connection)
    assert (row.is_refreshing_late, row.revision, told(connection)) == (False, 2, [])


@pytest.mark.soak
def test_a_slow_answer_keeps_nobody_waiting_and_is_stored(
    connection: Connection, service: AuthorizationServer
) -> None:
    service.next_answers({"kind": "delay", "seconds": ANSWER_SECONDS})
    started = time.monotonic()
    with ThreadPoolExecutor(1) as threads:
        sweeping_meanwhile = threads.submit(_sweep_and_close)
        while not asked(service):
            time.sleep(0.01)
        assert refresh.ensure_fresh(connection).revision == 1
        assert call(connection).name == "ok"
        assert time.monotonic() - started < ANSWER_SECONDS
        assert sweeping_meanwhile.result(timeout=60) == {"ok": 1}
    assert (standing(connection), grants.credential(connection).revision) == (("active", ""), 2)
    assert asked(service) == {"refresh_token": 1}


def test_a_revoked_grant_asks_the_person_and_tells_once(
    connection: Connection, service: AuthorizationServer
) -> None:
    assert service.revoke(account="alice") >= 1
    assert sweep() == {"credentials_refused": 1}
    assert standing(connection) == ("reauthorize", "credentials_refused")
    mail.outbox.clear()
    for _ in range(3):
        keep_using(connection)
        notices.mail_waiting(now=clock.now())
    assert told(connection) == PEOPLE
    receivers = sorted(address for message in mail.outbox for address in message.to)
    assert [address.partition("-")[0] for address in receivers] == ["adam", "alice", "bob"]
    assert asked(service) == {"refresh_token invalid_grant": 1}


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_token_that_outlives_its_grant_does_not_hide_that_the_grant_has_ended(
    connection: Connection, service: AuthorizationServer, is_lost: bool
) -> None:
    service.next_answers(*[{"kind": "drop"}] * is_lost, ENDED)
    reason = "answer_lost" if is_lost else "credentials_refused"
    for _ in range(1 + is_lost):
        sweep()
        make_due(connection)
    grants.change(connection, refresh_due_at=None)
    for _ in range(2):
        assert call(connection).name == "ok"
        verification.request(connection, actor=acts.owner(connection))
        steps.work(connection)
        assert (standing(connection), told(connection)) == (("reauthorize", reason), PEOPLE)


def test_a_grant_revoked_between_refreshes_is_noticed_by_the_first_call(
    connection: Connection, service: AuthorizationServer
) -> None:
    grants.change(connection, refresh_due_at=clock.now() + timedelta(minutes=30))
    service.revoke(account="alice")
    assert call(connection).name == "credentials_refused"
    steps.work(connection)
    assert standing(connection) == ("reauthorize", "credentials_refused")
    assert asked(service) == {"refresh_token invalid_grant": 1}


def _sweep_and_close() -> dict[str, int]:
    try:
        return sweep()
    finally:
        databases.close_all()
