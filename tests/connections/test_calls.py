"""Calls through a connection: what each outcome may change, and what stops one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import (
    calls,
    lifecycle,
)
from connections.calls import Use
from connections.models import Connection
from connectors.manifest.connector import UnknownTool
from connectors.outcomes import Outcome
from spojit.lib import clock
from tests import factories, servers
from tests.connections import steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast
    from tests.servers import Received, Reply, Server

    Reach = Callable[..., None]

USE = Use("person", name="Bob")
NEW = "a-key-2222222222"


def call(connection: Connection, tool: str = "get", **arguments: Any) -> Outcome:
    return calls.call(connection, tool=tool, arguments={"path": "/x"} | arguments, use=USE)


def test_a_refused_call_asks_for_one_verification_which_decides(
    cast: Cast, connection: Connection, server: Server
) -> None:
    with factories.scope(cast.workspace):
        Connection.objects.update(verification_due_at=clock.now() + timedelta(hours=9))
    refused = Outcome("credentials_refused")
    calls.record(steps.fresh(connection), tool="get", outcome=refused)
    found = steps.fresh(connection)
    assert (found.status, found.last_outcome) == ("active", "credentials_refused")
    steps.work(connection)
    assert steps.fresh(connection).last_outcome == "ok"


def test_a_missing_permission_marks_the_tool_until_it_works(connection: Connection) -> None:
    calls.record(connection, tool="get", outcome=Outcome("permission_missing"))
    found = steps.fresh(connection)
    assert (found.status, list(found.not_permitted)) == ("active", ["get"])
    call(found)
    assert steps.fresh(connection).not_permitted == {}


def test_lasting_trouble_of_calls_makes_an_error_and_a_good_call_ends_it(
    cast: Cast, connection: Connection, set_clock: Any
) -> None:
    now = clock.now()
    for minutes in (0, 5, 10):
        set_clock(now + timedelta(minutes=minutes))
        calls.record(steps.fresh(connection), tool="get", outcome=Outcome("unreachable"))
    assert steps.fresh(connection).status == "error"
    call(steps.fresh(connection))
    assert steps.fresh(connection).status == "active"
    kinds = [kind for kind, _, _ in steps.checks(connection)]
    assert kinds == ["verification", "call", "call"]


def test_a_removed_connection_says_who_removed_it_and_when(
    cast: Cast, connection: Connection
) -> None:
    lifecycle.remove(connection, actor=cast.adam)
    with pytest.raises(calls.ConnectionRemoved) as refusal:
        call(connection)
    day = f"{clock.now():%-d %B %Y}"
    assert refusal.value.message == f"The connection Shop was removed on {day} by Adam."


def test_an_unknown_tool_calls_nothing(connection: Connection, server: Server) -> None:
    before = len(server.requests)
    with pytest.raises(UnknownTool):
        call(connection, tool="nonsense")
    assert len(server.requests) == before


def test_the_answer_of_a_call_shows_no_secret(cast: Cast, reach: Reach) -> None:
    def echo(received: Received) -> Reply:
        return servers.json_reply({"you": received.headers.get("authorization")})

    with servers.recording(echo) as server:
        reach(server.port)
        outcome = call(steps.connect(cast.workspace, server))
    assert outcome.data["body"] == {"you": "Bearer ••••"}
