"""What a verification's answer decides: the status, the version, and what it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connections import credentials
from connections.models import Connection
from connectors import execution
from connectors.execution import Verified
from connectors.outcomes import MEANINGS, Outcome
from tests import factories
from tests.connections import steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast

NEW = "a-key-2222222222"


def answering(
    monkeypatch: pytest.MonkeyPatch, outcome: str, *, account_id: str = "", place: str = ""
) -> None:
    """Let every service answer so from now on."""
    verified = Verified(Outcome(outcome), account_id=account_id, place=place, called="GET /me")
    monkeypatch.setattr(execution, "verify", lambda *_: verified)


def test_a_new_version_that_may_do_little_is_promoted(
    cast: Cast, reach: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with steps.door(steps.KEY) as server:
        reach(server.port)
        connection = steps.connect(cast.workspace, server, actor=cast.bob)
    answering(monkeypatch, "permission_missing")
    credentials.stage(connection, values={"api_key": NEW}, actor=cast.bob)
    steps.work(connection)
    found = steps.fresh(connection)
    assert (found.status, found.reason) == ("active", "permission_missing")
    assert steps.states(connection) == [(1, "previous"), (2, "current")]
    page = steps.get(cast.bob, steps.url(connection))[1]
    assert MEANINGS["permission_missing"].sentence in page


def test_a_new_version_of_another_account_waits_even_if_it_may_do_little(
    cast: Cast, reach: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with steps.door(steps.KEY) as server:
        reach(server.port)
        connection = steps.connect(cast.workspace, server, actor=cast.bob)
    with factories.scope(cast.workspace):
        Connection.objects.update(account_id="1", account_name="octocat")
    answering(monkeypatch, "permission_missing", account_id="2")
    credentials.stage(connection, values={"api_key": NEW}, actor=cast.bob)
    steps.work(connection)
    assert steps.fresh(connection).status == "active"
    assert steps.states(connection) == [(1, "current"), (2, "staged")]


MOVED = {"host": "new.example.com", "password": "another sesame"}


def database(cast: Cast) -> Connection:
    """Make an Active connection to a database."""
    values = {
        "host": "old.example.com",
        "username": "ada",
        "database": "shop",
        "password": "sesame",
    }
    known: dict[str, Any] = {"status": "active", "account_id": "ada@old.example.com:5432/shop"}
    made: Connection = factories.make_connection(
        cast.workspace, connector_key="postgresql", scheme="database", values=values, **known
    )
    return made


def test_a_database_that_moved_asks_nothing_and_is_known_at_its_new_place(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = database(cast)
    place = "new.example.com:5432"
    answering(monkeypatch, "ok", account_id=f"ada@{place}/shop", place=place)
    credentials.stage(connection, values=MOVED, actor=cast.alice)
    steps.work(connection)
    assert steps.states(connection) == [(1, "previous"), (2, "current")]
    found = steps.fresh(connection)
    assert (found.status, found.account_id) == ("active", f"ada@{place}/shop")


def test_another_user_of_a_database_that_moved_is_asked_about(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = database(cast)
    place = "new.example.com:5432"
    answering(monkeypatch, "ok", account_id=f"eve@{place}/shop", place=place)
    credentials.stage(connection, values=MOVED, actor=cast.alice)
    steps.work(connection)
    assert steps.states(connection) == [(1, "current"), (2, "staged")]


def test_a_scheduled_verification_that_finds_another_user_asks(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = database(cast)
    place = "old.example.com:5432"
    answering(monkeypatch, "ok", account_id=f"eve@{place}/shop", place=place)
    steps.work(connection)
    found = steps.fresh(connection)
    assert (found.status, found.reason) == ("error", "other_account")
    assert found.account_id == f"ada@{place}/shop"


@pytest.mark.parametrize("status", ["active", "error"])
@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("request_refused", ("error", "request_refused")),
        ("permission_missing", ("active", "permission_missing")),
    ],
)
def test_a_verification_decides_from_any_status(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
    outcome: str,
    expected: tuple[str, str],
) -> None:
    connection = factories.make_connection(cast.workspace, actor=cast.bob, status=status)
    answering(monkeypatch, outcome)
    steps.work(connection)
    found = steps.fresh(connection)
    assert (found.status, found.reason) == expected
