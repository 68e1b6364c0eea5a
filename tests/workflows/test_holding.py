"""Holding: runs wait for a connection that does not work, and go on when it does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import lifecycle as connecting
from connections.models import Connection
from spojit.lib import clock
from tests import factories
from tests.connections import steps as connections_steps
from tests.workflows import running
from tests.workflows.graphs import node
from tests.workflows.running import get, ran, states, steps
from workflows import receivers
from workflows.nodes import connector as kind
from workflows.runs import holding
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast
    from tests.servers import Server

    Reach = Callable[..., None]

pytestmark = pytest.mark.django_db


def received(server: Server) -> list[str]:
    return [f"{one.method} {one.path}" for one in server.requests if one.path != "/me"]


def broken(connection: Connection, status: str = "reauthorize") -> None:
    with isolation.workspace(connection.workspace_id):
        Connection.objects.filter(pk=connection.pk).update(status=status, reason="timeout")


def mended(connection: Connection) -> None:
    """Make it Active, and tell who listens, as `connections.signals` does in its transaction."""
    with isolation.workspace(connection.workspace_id):
        Connection.objects.filter(pk=connection.pk).update(status="active", reason="")
        receivers._go_on(connection, "reauthorize", "active")


@pytest.mark.parametrize("status", ["reauthorize", "error"])
def test_a_run_waits_for_a_broken_connection_and_goes_on(
    cast: Cast, connection: Connection, server: Server, status: str
) -> None:
    workflow = running.enabled(cast, [node("before"), get("a", connection)], "start > before > a")
    broken(connection, status)
    first, second = running.start(workflow), running.start(workflow)
    assert running.work() == ["waiting", "waiting"]
    run = running.fresh(first)
    assert (run.waits_for, run.waits_for_id) == ("connection", connection.pk)
    assert states(run) == {"before": "completed", "a": "waiting"}
    assert running.work() == []

    mended(connection)
    assert running.work(most=1) == ["completed"]
    assert running.fresh(first).status == "completed"  # in their order
    assert running.work() == ["completed"]
    assert running.fresh(second).waits_for_id is None
    assert received(server) == ["GET /a"] * 2
    assert steps(first)["a"].attempts == 1


def test_a_run_that_waits_for_a_connection_hears_of_its_removal(
    cast: Cast, connection: Connection
) -> None:
    broken(connection)
    run = ran(cast, [get("a", connection)], "start > a")
    assert run.status == "waiting"
    connecting.remove(connection, actor=cast.adam)
    assert running.work() == ["failed"]
    assert running.fresh(run).error_outcome == "connection_removed"


def test_a_real_change_of_status_lets_held_runs_go_on(
    cast: Cast, connection: Connection, server: Server
) -> None:
    workflow = running.enabled(cast, [get("a", connection)], "start > a")
    broken(connection, "error")
    run = running.start(workflow)
    running.work()
    with factories.scope(cast.workspace):
        Connection.objects.update(verification_due_at=clock.now())
    connections_steps.work(connection)
    assert running.work() == ["completed"]
    assert running.fresh(run).status == "completed"


def test_a_connection_that_stays_broken_for_a_day_fails_the_run(
    cast: Cast, connection: Connection, set_clock: Callable[..., None]
) -> None:
    broken(connection)
    run = ran(cast, [get("a", connection)], "start > a")
    begun = clock.now()
    set_clock(begun + timedelta(hours=23))
    mended(connection)
    broken(connection)
    assert running.work() == ["waiting"]  # it does not begin to wait anew
    set_clock(begun + kind.HOLD_FOR + timedelta(minutes=1))
    assert running.work() == ["failed"]
    run = running.fresh(run)
    assert run.error_outcome == "connection_broken"
    assert run.error_sentence == "The connection Shop did not work for 24 hours."


def test_a_connection_mended_while_its_run_is_given_back_is_not_missed(
    cast: Cast, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = running.enabled(cast, [get("a", connection)], "start > a")
    broken(connection)
    running.start(workflow)
    hold = kind._hold

    def hold_late(visit: Any, found: Connection) -> None:
        try:
            hold(visit, found)
        finally:
            if found.status != "active":
                mended(connection)

    monkeypatch.setattr(kind, "_hold", hold_late)
    assert running.work() == ["waiting"]
    assert running.work() == ["completed"]


def test_only_an_active_connection_lets_runs_go_on() -> None:
    assert [holding.is_over(status) for status in ("active", "error", "pending")] == [
        True,
        False,
        False,
    ]
