"""Holding: runs wait for a connection that does not work, and go on when it does."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import lifecycle as connecting
from connections.models import Connection
from spojit.lib import clock
from tests import factories, servers
from tests.connections import steps as connections_steps
from tests.proofs.sizes import sized
from tests.workflows import running
from tests.workflows.graphs import node
from tests.workflows.running import get, ran, states, steps
from workflows import receivers
from workflows.models import Workflow
from workflows.nodes import connector as kind
from workflows.runs import holding, working
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast
    from tests.servers import Received, Reply, Server

    Reach = Callable[..., None]

pytestmark = pytest.mark.django_db

HELD, HANDS = int(sized(60, 500)), 4


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
    set_clock(begun + timedelta(hours=24, minutes=1))
    assert running.work() == ["failed"]
    run = running.fresh(run)
    assert run.error_outcome == "connection_broken"
    assert run.error_sentence == "The connection Shop did not work for 24 hours."


def test_a_workflow_says_for_how_long_its_runs_are_held_in_all(
    cast: Cast, connection: Connection, set_clock: Callable[..., None]
) -> None:
    workflow = running.enabled(cast, [get("a", connection)], "start > a")
    with isolation.workspace(cast.workspace):
        Workflow.objects.filter(pk=workflow.pk).update(hold_hours=1)
    broken(connection)
    run = running.start(workflow)
    begun = clock.now()
    for minutes in (0, 20, 40):  # mended and broken again, before its turn came
        set_clock(begun + timedelta(minutes=minutes))
        mended(connection)
        broken(connection)
        assert running.work() == ["waiting"]
        held_until = running.fresh(run).due_at
        assert held_until is not None
        assert held_until - begun - timedelta(hours=1) < timedelta(seconds=5)
    set_clock(begun + timedelta(minutes=61))
    assert running.work() == ["failed"]
    sentence = "The connection Shop did not work for an hour."
    assert running.fresh(run).error_sentence == sentence


@pytest.mark.django_db(transaction=True)
def test_held_runs_come_back_in_order_and_no_more_at_once_than_hands(
    cast: Cast, reach: Reach
) -> None:
    under_way, most, order = [0], [0], []
    lock = threading.Lock()

    def answer(received: Received) -> Reply:
        if received.path != "/me":
            with lock:
                order.append(received.path)
                under_way[0] += 1
                most[0] = max(most[0], under_way[0])
            time.sleep(0.002)
            with lock:
                under_way[0] -= 1
        return servers.json_reply({})

    with servers.recording(answer) as server:
        reach(server.port)
        connection = connections_steps.connect(cast.workspace, server)
        call = get("a", connection, arguments={"path": "/{{ run.id }}"})
        workflow = running.enabled(cast, [call], "start > a")
        broken(connection)
        runs = [running.start(workflow) for _ in range(HELD)]
        assert working.work(threads=HANDS, seconds=60) == {"waiting": HELD}
        mended(connection)
        assert working.work(threads=HANDS, seconds=60) == {"completed": HELD}
    ranks = {f"/{run.pk}": rank for rank, run in enumerate(runs)}
    late = [abs(ranks[path] - place) for place, path in enumerate(order)]
    assert (len(order), most[0] <= HANDS, max(late) < 3 * HANDS) == (HELD, True, True)


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
