"""No answer keeps a row from coming to an end, and no workspace's rows keep others waiting."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from celery.exceptions import Ignore

from connections import credentials, tasks, tries, verification
from connections.models import Call, Connection
from connections.verification import recording
from connectors.execution import Verified
from connectors.outcomes import Outcome
from spojit.lib import clock, redaction
from tests import factories, servers
from tests.connections import steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast

    Reach = Callable[..., None]

HOSTILE = (
    b'{"a": "x\\u0000y", "b": [NaN, Infinity, -Infinity], "c": "\\ud800", "\\u0000": 1,'
    b' "d": "\\\\u0000", "e": 1e999}'
)


def ask(cast: Cast, connection: Connection) -> Call:
    return tries.request(
        cast.workspace,
        connector_key="http",
        connection=connection,
        tool="get",
        arguments={"path": "/x"},
        actor=cast.bob,
    )


def stored(row: Call) -> Call:
    with factories.scope(row.workspace):
        found: Call = Call.objects.get(pk=row.pk)
    return found


def test_a_try_stores_what_postgresql_would_refuse(cast: Cast, reach: Reach) -> None:
    reply = servers.Reply(200, {"Content-Type": "application/json"}, HOSTILE)
    with servers.recording(lambda _: reply) as server:
        reach(server.port)
        row = ask(cast, steps.connect(cast.workspace, server, actor=cast.bob))
        assert tries.carry_out(row.workspace_id, row.pk) is not None
    shown: Any = stored(row).shown
    assert shown["body"] == {
        "a": "xy",
        "b": [None, None, None],
        "c": "\ufffd",
        "": 1,
        "d": "\\u0000",
        "e": None,
    }


def test_what_is_too_long_to_show_is_cut_as_text() -> None:
    text, is_cut = tries._cut(["\ud800\x00"] * 50_000)
    assert is_cut
    assert len(text) == tries.MOST_SHOWN_BYTES
    assert text.isascii()


def test_a_call_whose_worker_is_lost_each_time_comes_to_an_end(
    cast: Cast, connection: Connection, set_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(tries, "_outcome_of", broken)
    row, now = ask(cast, connection), clock.now()
    for number in range(tries.MOST_ATTEMPTS):
        set_clock(now + timedelta(minutes=number))
        with pytest.raises(MemoryError):
            tries.carry_out(row.workspace_id, row.pk)
        assert (stored(row).attempts, stored(row).outcome) == (number + 1, "")
    set_clock(now + timedelta(minutes=tries.MOST_ATTEMPTS))
    assert tries.carry_out(row.workspace_id, row.pk) is None
    assert stored(row).outcome == "bad_answer"
    assert tries.find_waiting(now=now + timedelta(hours=1)) == []


def test_a_verification_that_breaks_comes_back_in_an_hour_and_not_at_once(
    cast: Cast, connection: Connection, set_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OverflowError

    now = clock.now() + timedelta(seconds=1)
    verification.request(connection, actor=cast.bob)
    set_clock(now)
    monkeypatch.setattr(recording, "record_current", broken)
    with pytest.raises(Ignore):
        steps.work(connection)
    assert steps.fresh(connection).verification_due_at == now + timedelta(hours=1)
    assert verification.find_due(now=now + timedelta(minutes=59)) == []
    assert verification.find_due(now=now + timedelta(minutes=61)) != []


def test_workspaces_take_turns(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    for number in range(4):
        _due(cast.workspace, f"A{number}", now - timedelta(hours=9 - number))
    _due(cast.next_door, "B", now - timedelta(minutes=1))
    monkeypatch.setattr("connections.verification.due.MOST_AT_ONCE", 3)
    found = [workspace_id for workspace_id, _ in verification.find_due(now=now)]
    mine, other = cast.workspace.pk, cast.next_door.pk
    assert found == [mine, other, mine]


def _due(workspace: Any, name: str, moment: Any) -> None:
    connection = factories.make_connection(workspace, name=name)
    with factories.scope(workspace):
        Connection.objects.filter(pk=connection.pk).update(verification_due_at=moment)


def test_scopes_are_masked_and_cut_after_that() -> None:
    secret = "sk-" + "q7Zp" * 70
    with redaction.scope():
        redaction.register([secret])
        found = recording.masked(
            Verified(
                Outcome("ok"),
                account_id=secret,
                account_name=f"{'x' * 200}{secret}",
                scopes=[f"read:{secret}", "y" * 500, "a\x00\ud800", *["z"] * 1000],
            )
        )
    assert found.account_id == redaction.MASK
    assert found.account_name == "x" * 200 + redaction.MASK
    assert found.scopes is not None
    assert found.scopes[:3] == [f"read:{redaction.MASK}", "y" * 200, "a\ufffd"]
    assert len(found.scopes) == 200
    assert recording.masked(Verified(Outcome("ok"))).scopes is None


def test_a_kept_secret_that_can_no_longer_be_verified_does_not_take_over(
    cast: Cast, connection: Connection
) -> None:
    credentials.stage(connection, values={"test_path": ""}, actor=cast.bob)
    steps.work(connection)
    assert steps.states(connection) == [(1, "current"), (2, "staged")]
    with factories.scope(cast.workspace):
        staged = credentials.staged(connection)
    assert staged is not None
    assert (staged.outcome, staged.outcome_detail) == ("unverified", recording.KEPT_UNPROVEN)
    assert steps.fresh(connection).status == "active"
    _, page = steps.get(cast.bob, steps.url(connection))
    assert "enter a new secret" in page


def test_a_new_secret_that_cannot_be_verified_takes_over(
    cast: Cast, connection: Connection
) -> None:
    values = {"test_path": "", "api_key": "another-key-4444"}
    credentials.stage(connection, values=values, actor=cast.bob)
    tasks.verify(workspace_id=str(cast.workspace.pk), connection_id=str(connection.pk))
    assert steps.states(connection) == [(1, "previous"), (2, "current")]
