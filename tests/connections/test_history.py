"""The last thirty days: calls, failures and verifications of each, and who changed what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connections import credentials, history, lifecycle
from connections.models import Check
from spojit.lib import clock
from tests import factories
from tests.connections import steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast


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
