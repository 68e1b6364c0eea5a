"""Tools tried by hand: a row first, carried out once, found again when it is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import (
    calls,
    lifecycle,
    tasks,
    tries,
)
from connections.calls import Use
from connections.models import Call, Connection
from connectors.models import Connector
from spojit.lib import clock
from tests import factories, servers
from tests.connections import steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast
    from tests.servers import Server

    Reach = Callable[..., None]

USE = Use("person", name="Bob")
NEW = "a-key-2222222222"


def ask(cast: Cast, connection: Connection | None, tool: str = "get", **arguments: Any) -> Call:
    return tries.request(
        cast.workspace,
        connector_key="http",
        connection=connection,
        tool=tool,
        arguments={"path": "/x"} | arguments,
        actor=cast.bob,
    )


def carry_out(row: Call) -> Call | None:
    return tries.carry_out(row.workspace_id, row.pk)


def test_a_call_is_carried_out_once(cast: Cast, connection: Connection, server: Server) -> None:
    row = ask(cast, connection)
    before = len(server.requests)
    done = carry_out(row)
    assert done is not None
    assert (done.outcome, done.arguments_sealed, str(done)) == ("ok", None, "http.get")
    assert carry_out(row) is None
    assert len(server.requests) == before + 1


def test_a_lost_call_is_found_again_and_a_write_in_doubt_is_not_repeated(
    cast: Cast, connection: Connection, server: Server, set_clock: Any
) -> None:
    read, write = ask(cast, connection), ask(cast, connection, tool="post")
    before, now = len(server.requests), clock.now()
    for row in (read, write):
        assert tries._claim(cast.workspace.pk, row.pk) is not None
    assert tries.find_waiting(now=now + timedelta(seconds=10)) == []
    set_clock(now + timedelta(seconds=60))
    waiting = {pk for _, pk in tries.find_waiting(now=clock.now())}
    assert waiting == {read.pk, write.pk}
    assert carry_out(read) is not None
    assert carry_out(write) is None
    with factories.scope(cast.workspace):
        assert Call.objects.get(pk=write.pk).outcome == "outcome_unknown"
    assert len(server.requests) == before + 1


def test_the_sweep_announces_lost_calls(
    cast: Cast, connection: Connection, set_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ask(cast, connection)
    announced: list[str] = []
    monkeypatch.setattr(
        tasks.carry_out_call,
        "apply_async",
        lambda kwargs, **_: announced.append(kwargs["call_id"]),
    )
    set_clock(clock.now() + timedelta(seconds=10))
    tasks.sweep()
    assert announced == [str(row.pk)]


def test_a_call_whose_connection_is_removed_meanwhile_fails_with_the_reason(
    cast: Cast, connection: Connection
) -> None:
    row = ask(cast, connection)
    lifecycle.remove(connection, actor=cast.bob)
    done = carry_out(row)
    assert done is not None
    assert done.outcome == "request_refused"


def test_a_call_without_a_connection_stops_when_staff_disable_the_connector(cast: Cast) -> None:
    factories.make_connector("http")
    row = ask(cast, None, path="https://api.example.com/")
    Connector.objects.update(is_disabled=True, disabled_reason="Closed for now.")
    done = carry_out(row)
    assert done is not None
    assert (done.outcome, done.detail) == ("request_refused", "Closed for now.")
    with pytest.raises(calls.ConnectorDisabled):
        ask(cast, None, path="https://api.example.com/")


def test_a_long_answer_is_cut(cast: Cast, reach: Reach) -> None:
    with servers.recording(servers.json_reply(["x" * 1000] * 400)) as server:
        reach(server.port)
        connection = steps.connect(cast.workspace, server)
        done = carry_out(ask(cast, connection))
    assert done is not None
    assert done.is_cut
    assert len(str(done.shown)) == tries.MOST_SHOWN_BYTES
