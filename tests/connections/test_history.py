"""The last thirty days: calls, failures and verifications of each, and who changed what."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connections import credentials, history, lifecycle
from connections.models import Check
from connections.oauth import refresh
from spojit.lib import charts, clock
from tests import factories
from tests.connections import grants, steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers.tokens import TokenServer


def test_a_day_counts_verifications_and_says_by_whom_it_was_changed(
    cast: Cast, reach: Callable[..., None]
) -> None:
    new = "a-key-2222222222"
    with steps.door(steps.KEY, new) as server:
        reach(server.port)
        connection = steps.connect(cast.workspace, server, name="Shop", actor=cast.bob)
        lifecycle.rename(connection, name="Store", actor=cast.adam)
        credentials.stage(connection, values={"api_key": new}, actor=cast.alice)
        steps.work(connection)
    with factories.scope(cast.workspace):
        Check.objects.create(
            workspace=cast.workspace,
            connection=connection,
            kind="decision",
            outcome="ok",
            status_before="active",
            status_after="active",
        )
        found = history.days(connection, today=clock.now().date())
    assert len(found) == 30
    today = found[-1]
    assert (today.calls, today.failures, today.verifications) == (0, 0, 2)
    assert list(today.marks) == [
        "Bob added the connection",
        "Adam renamed it",
        "Alice rotated the credentials",
        "became Active",
    ]
    assert [day.verifications for day in found[:-1]] == [0] * 29


def test_renewals_are_counted_by_day_and_the_last_one_is_told(granted: Connection) -> None:
    grants.age(granted, left=timedelta(seconds=5))
    refresh.ensure_fresh(granted)
    with factories.scope(granted.workspace):
        events = history.recent(granted, most=20)
        [*_, today] = history.days(granted, today=clock.now().date())
    assert (events[0].text, today.refreshes) == ("Renewed the tokens", 1)
    assert "0 calls, 1 verification, 1 renewal" in charts.draw([today]).bars[0].title


def test_a_failed_renewal_is_told_with_its_reason(
    granted: Connection, service: TokenServer
) -> None:
    service.revoke()
    grants.age(granted, left=timedelta(seconds=5))
    with pytest.raises(refresh.RefreshRefused):
        refresh.ensure_fresh(granted)
    with factories.scope(granted.workspace):
        newest = history.recent(granted, most=1)[0]
    assert (newest.text, newest.kind) == ("Renewing the tokens did not work", "bad")
