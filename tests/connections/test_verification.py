"""Verification: one at a time, nothing lost meanwhile, and when it is due next."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections as databases

from connections import (
    calls,
    credentials,
    leases,
    lifecycle,
    tasks,
    verification,
)
from connections.calls import Use
from connections.models import Connection, Credential
from connections.verification import timing
from connectors.models import Connector
from connectors.outcomes import Outcome
from spojit.lib import clock
from tests import factories, servers
from tests.connections import steps
from workspaces.isolation import NetworkInTransaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast
    from tests.servers import Received, Reply, Server

    Reach = Callable[..., None]

USE = Use("person", name="Bob")
NEW = "a-key-2222222222"


def call(connection: Connection, tool: str = "get", **arguments: Any) -> Outcome:
    return calls.call(connection, tool=tool, arguments={"path": "/x"} | arguments, use=USE)


def test_two_workers_verify_one_after_the_other(cast: Cast, connection: Connection) -> None:
    owner = leases.claim(connection)
    with pytest.raises(leases.AlreadyVerifying):
        verification.verify(connection)
    with pytest.raises(leases.AlreadyVerifying):
        verification.verify_due(connection)
    verification.request(connection, actor=cast.bob)
    steps.work(connection)
    assert len(steps.checks(connection)) == 1
    leases.release(connection, owner=owner)
    steps.work(connection)
    assert len(steps.checks(connection)) == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_verifies(reach: Reach) -> None:
    with steps.door(steps.KEY) as server:
        reach(server.port)
        workspace = factories.make_workspace()
        connection = factories.make_connection(
            workspace, scheme="api_key", values=steps.http_values(server)
        )
        threads = [threading.Thread(target=_work_in_thread, args=(connection,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(server.requests) == 1
    assert steps.checks(connection) == [("verification", "ok", "active")]


def test_a_worker_that_comes_late_does_not_repeat_what_was_due(reach: Reach, cast: Cast) -> None:
    with steps.door(steps.KEY) as server:
        reach(server.port)
        late = factories.make_connection(
            cast.workspace, scheme="api_key", values=steps.http_values(server)
        )
        steps.work(late)
        with pytest.raises(leases.AlreadyVerifying):
            verification.verify_due(late)
        assert len(server.requests) == 1


def _work_in_thread(connection: Connection) -> None:
    try:
        steps.work(connection)
    finally:
        databases.close_all()


def test_a_dead_workers_lease_runs_out(connection: Connection, set_clock: Any) -> None:
    leases.claim(connection)
    set_clock(clock.now() + timedelta(seconds=46))
    assert verification.verify(connection).outcome == "ok"


def test_no_network_inside_a_transaction(cast: Cast, connection: Connection) -> None:
    with factories.scope(cast.workspace):
        for act in (verification.verify, verification.verify_due, call):
            with pytest.raises(NetworkInTransaction):
                act(connection)


@pytest.mark.parametrize("act", ["stage", "restore", "request", "remove"])
@pytest.mark.django_db(transaction=True)
def test_what_happens_during_a_verification_is_not_lost(reach: Reach, act: str) -> None:
    todo: list[Callable[[], object]] = []

    def answer(_received: Received) -> Reply:
        while todo:
            thread = threading.Thread(target=todo.pop())
            thread.start()
            thread.join(10)
        return servers.json_reply({})

    with servers.recording(answer) as server:
        reach(server.port)
        workspace = factories.make_workspace()
        connection = steps.connect(workspace, server)
        owner = connection.owner
        assert owner is not None
        credentials.stage(connection, values={"api_key": NEW}, actor=owner)
        steps.work(connection)
        verification.request(connection, actor=owner)
        todo.append(_closing(_acts(connection)[act]))
        steps.work(connection)
        found = steps.fresh(connection)
        if act == "remove":
            assert found.verification_due_at is None
            assert found.removed_at is not None
            return
        assert found.verification_due_at is not None
        assert found.verification_due_at <= clock.now()
        steps.work(connection)
    newest = {"stage": (3, "current"), "restore": (3, "current"), "request": (2, "current")}
    assert steps.states(connection)[-1] == newest[act]
    assert steps.fresh(connection).status == "active"


def _acts(connection: Connection) -> dict[str, Callable[[], object]]:
    owner = connection.owner
    assert owner is not None
    return {
        "stage": lambda: credentials.stage(
            connection, values={"api_key": "a-key-4444444444"}, actor=owner
        ),
        "restore": lambda: credentials.restore(connection, actor=owner),
        "request": lambda: verification.request(connection, actor=owner),
        "remove": lambda: lifecycle.remove(connection, actor=owner),
    }


def _closing(act: Callable[[], object]) -> Callable[[], object]:
    def run() -> None:
        try:
            act()
        finally:
            databases.close_all()

    return run


def test_a_staged_version_replaced_while_it_was_verified_does_not_count(
    cast: Cast, connection: Connection
) -> None:
    staged = credentials.stage(connection, values={"api_key": NEW}, actor=cast.bob)
    credentials.discard(connection, actor=cast.bob)
    with pytest.raises((leases.LeaseLost, credentials.CredentialMissing)):
        verification.verify(connection, credential=staged)
    assert steps.states(connection) == [(1, "current"), (2, "destroyed")]


def test_verify_proves_a_staged_version_without_promoting_it(
    cast: Cast, connection: Connection
) -> None:
    staged = credentials.stage(connection, values={"api_key": NEW}, actor=cast.bob)
    check = verification.verify(connection, credential=staged, actor=cast.bob)
    assert (check.outcome, check.is_staged, check.actor_name) == ("ok", True, "Bob")
    assert steps.states(connection) == [(1, "current"), (2, "staged")]
    credentials.promote(staged, actor=cast.bob)
    with pytest.raises(credentials.NotPromotable):
        credentials.promote(staged, actor=cast.bob)


def test_a_disabled_connector_verifies_nothing_and_keeps_the_status(
    cast: Cast, connection: Connection, server: Server
) -> None:
    before = len(server.requests)
    Connector.objects.update(is_disabled=True, disabled_reason="Closed for now.")
    check = verification.verify(connection)
    assert (check.outcome, check.detail) == ("request_refused", "Closed for now.")
    assert steps.fresh(connection).status == "active"
    assert len(server.requests) == before
    with pytest.raises(calls.ConnectorDisabled):
        call(connection)


def test_a_row_copied_to_another_connection_does_not_open(
    cast: Cast, connection: Connection, server: Server
) -> None:
    other = steps.connect(cast.workspace, server, name="Other", actor=cast.bob)
    with factories.scope(cast.workspace):
        sealed = Credential.objects.get(connection=connection).sealed
        Credential.objects.filter(connection=other).update(sealed=sealed)
    with pytest.raises(credentials.CredentialUnreadable), credentials.borrow(other):
        pytest.fail("It opened.")
    assert verification.verify(other).outcome == "credential_unreadable"
    assert call(other).name == "credential_unreadable"
    assert steps.fresh(other).status == "error"
    assert steps.fresh(connection).status == "active"
    page = steps.get(cast.bob, steps.url(other))[1]
    assert "The stored credential could not be opened." in page
    credentials.stage(other, values=steps.http_values(server), actor=cast.bob)
    steps.work(other)
    assert steps.fresh(other).status == "active"
    with pytest.raises(credentials.NotRestorable):
        credentials.restore(other, actor=cast.bob)


def test_a_connection_without_a_credential_says_so(cast: Cast, connection: Connection) -> None:
    with factories.scope(cast.workspace):
        credentials.destroy_all(connection)
        assert credentials.rows.unseal(Credential()) == credentials.rows.EMPTY
    with pytest.raises(credentials.CredentialMissing), credentials.borrow(connection):
        pytest.fail("There was one.")
    assert verification.verify(connection).outcome == "credential_unreadable"
    with pytest.raises(credentials.NotRestorable):
        credentials.restore(connection, actor=cast.bob)


@pytest.mark.parametrize("offset", [-1, 1])
def test_a_task_verifies_only_what_is_due_and_there(
    cast: Cast, connection: Connection, offset: int
) -> None:
    due = clock.now() + timedelta(minutes=offset)
    with factories.scope(cast.workspace):
        Connection.objects.update(verification_due_at=due)
    steps.work(connection)
    assert len(steps.checks(connection)) == (2 if offset < 0 else 1)
    lifecycle.remove(connection, actor=cast.bob)
    steps.work(connection)


def test_the_sweep_finds_what_is_due_and_nobody_verifies(
    cast: Cast, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[str] = []
    monkeypatch.setattr(
        tasks.verify, "apply_async", lambda kwargs, **_: announced.append(kwargs["connection_id"])
    )
    tasks.sweep()
    verification.request(connection, actor=cast.bob)
    tasks.sweep()
    owner = leases.claim(connection)
    tasks.sweep()
    leases.release(connection, owner=owner)
    assert announced == [str(connection.pk)]


def test_each_connection_has_its_own_minute_of_the_day(connection: Connection) -> None:
    now = clock.now()
    first = timing.daily_slot(connection, now=now)
    second = timing.daily_slot(connection, now=first)
    assert timedelta(hours=6) <= first - now <= timedelta(hours=30)
    assert second - first == timedelta(days=1)


def test_what_the_service_asks_to_wait_is_waited(connection: Connection) -> None:
    now = clock.now()
    connection.verification_attempts = 0
    outcome = Outcome("rate_limited", retry_after_seconds=3600)
    timing.plan(connection, outcome, now=now, is_first=True)
    assert connection.verification_due_at == now + timedelta(hours=1)
    waits = []
    for _ in range(8):
        timing.plan(connection, Outcome("timeout"), now=now, is_first=False)
        assert connection.verification_due_at is not None
        waits.append(int((connection.verification_due_at - now).total_seconds() // 60))
    assert waits == [10, 20, 40, 80, 160, 320, 360, 360]
