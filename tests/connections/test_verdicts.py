"""What a verification's answer decides: the status, the version, and what it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def answering(monkeypatch: pytest.MonkeyPatch, outcome: str, *, account_id: str = "") -> None:
    """Let every service answer so from now on."""
    verified = Verified(Outcome(outcome), account_id=account_id, called="GET /me")
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
