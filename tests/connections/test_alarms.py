"""Telling people of a connection that broke: once, whom it concerns, and until it works again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import alarms, calls, signals
from connections.models import Connection
from connectors.outcomes import Outcome
from spojit.lib import clock
from spojit.lib.limits import TooMany
from tests import factories
from tests.connections import steps
from workspaces.models import Notice

if TYPE_CHECKING:
    from connections.usage import Reference
    from tests.factories import Cast


def told(connection: Connection) -> list[tuple[str, str, str]]:
    """List who is told what, and where the button leads, of what is still true."""
    with factories.scope(connection.workspace):
        rows = Notice.objects.filter(subject_id=connection.pk, closed_at=None)
        found = rows.select_related("user").order_by("user__name", "created_at")
        home = connection.get_absolute_url()
        return [(row.user.name, row.title, row.path.removeprefix(home)) for row in found]


def change(connection: Connection, status: str, reason: str = "") -> Connection:
    """Change the status as a deciding answer does."""
    with factories.scope(connection.workspace):
        row: Connection = Connection.objects.select_related("workspace").get(pk=connection.pk)
        before, row.status, row.reason = row.status, status, reason
        row.save()
        signals.status_changed(row, before=before)
    return row


def test_owner_and_admins_are_told_once_of_a_connection_that_broke(
    cast: Cast, connection: Connection
) -> None:
    title = "Shop must be reconnected"
    change(connection, "reauthorize", "credentials_refused")
    change(connection, "reauthorize", "credentials_refused")
    expected = [(name, title, "credential/") for name in ("Adam", "Alice", "Bob")]
    assert told(connection) == expected


def test_the_notice_goes_when_it_works_again(connection: Connection) -> None:
    change(connection, "error", "credentials_refused")
    change(connection, "active")
    assert told(connection) == []


def test_each_change_is_told_anew_in_place_of_the_older_one(connection: Connection) -> None:
    change(connection, "error", "timeout")
    assert [(title, path) for _, title, path in told(connection)] == [
        ("Shop does not work", "")
    ] * 3
    change(connection, "reauthorize", "credentials_refused")
    assert [title for _, title, _ in told(connection)] == ["Shop must be reconnected"] * 3


def test_a_first_verification_that_fails_is_told_on_its_page_only(connection: Connection) -> None:
    with factories.scope(connection.workspace):
        Connection.objects.update(status="pending")
    change(connection, "error", "credentials_refused")
    assert told(connection) == []


def test_the_notice_says_what_it_stops(connection: Connection, used: list[Reference]) -> None:
    change(connection, "reauthorize", "answer_lost")
    with factories.scope(connection.workspace):
        [text] = set(Notice.objects.values_list("text", flat=True))
    assert text == (
        "The service renewed the authorization and its answer was lost. Reconnect."
        " It stops Orders to books."
    )


def test_lasting_trouble_is_told_by_what_finds_it(connection: Connection, set_clock: Any) -> None:
    now = clock.now()
    for minutes in (0, 5, 10):
        set_clock(now + timedelta(minutes=minutes))
        calls.record(steps.fresh(connection), tool="get", outcome=Outcome("unreachable"))
    assert len(told(connection)) == 3


def test_whoever_may_only_use_it_asks_the_owner(cast: Cast, connection: Connection) -> None:
    carol = factories.make_member(cast.workspace, name="Carol").user
    broken = change(connection, "reauthorize", "credentials_refused")
    assert alarms.ask_to_mend(broken, actor=carol) == [cast.bob]
    title = "Carol asks you to reconnect Shop"
    assert ("Bob", title, "credential/") in told(connection)
    change(connection, "active")
    assert told(connection) == []


def test_without_an_owner_the_admins_are_asked(cast: Cast, connection: Connection) -> None:
    carol = factories.make_member(cast.workspace, name="Carol").user
    with factories.scope(cast.workspace):
        Connection.objects.update(owner=None)
    broken = change(connection, "error", "credentials_refused")
    asked = alarms.ask_to_mend(broken, actor=carol)
    assert {user.name for user in asked} == {"Alice", "Adam"}


def test_nobody_is_asked_to_mend_what_works(cast: Cast, connection: Connection) -> None:
    with pytest.raises(alarms.NothingToMend):
        alarms.ask_to_mend(connection, actor=cast.vera)


def test_asking_is_limited(cast: Cast, connection: Connection) -> None:
    broken = change(connection, "error", "credentials_refused")
    for _ in range(alarms.MOST_ASKED_A_DAY):
        alarms.ask_to_mend(broken, actor=cast.vera)
    with pytest.raises(TooMany):
        alarms.ask_to_mend(broken, actor=cast.vera)


def test_the_page_offers_to_ask_and_the_owner_gets_a_link_to_reconnecting(
    cast: Cast, connection: Connection
) -> None:
    carol = factories.make_member(cast.workspace, name="Carol").user
    change(connection, "reauthorize", "credentials_refused")
    page = factories.signed_in(carol).get(steps.url(connection)).content.decode()
    assert "Ask Bob to reconnect it" in page
    answer = factories.signed_in(carol).post(steps.url(connection, "ask"), follow=True)
    assert "Bob was asked" in answer.content.decode()
    assert ("Bob", "Carol asks you to reconnect Shop", "credential/") in told(connection)


def test_whoever_can_mend_it_and_whoever_only_looks_are_not_offered_to_ask(
    cast: Cast, connection: Connection
) -> None:
    change(connection, "reauthorize", "credentials_refused")
    for user in (cast.bob, cast.adam, cast.vera):
        assert (
            "Ask Bob" not in factories.signed_in(user).get(steps.url(connection)).content.decode()
        )


def test_asking_about_what_works_says_so(cast: Cast, connection: Connection) -> None:
    carol = factories.make_member(cast.workspace, name="Carol").user
    answer = factories.signed_in(carol).post(steps.url(connection, "ask"), follow=True)
    assert alarms.NothingToMend.message in answer.content.decode()
    assert told(connection) == []
