"""The page of a webhook connection: the URL for who manages it, and the panel that waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from spojit.lib import clock
from tests import factories
from tests.connections import steps, webhooks
from tests.connections.webhook_pages import hooks

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast
    from workspaces.models import User

WAITING = "Waiting for the first delivery…"
TRIGGER = 'hx-trigger="every 2s"'


def poll(user: User, connection: Connection, query: str = "") -> tuple[int, str]:
    return steps.get(user, steps.url(connection, "status") + query, **steps.htmx("status-panel"))


def test_only_who_manages_it_sees_the_whole_url(cast: Cast, webhook: Connection) -> None:
    url = hooks.url_of(webhook)
    for person in (cast.bob, cast.adam, cast.alice):
        assert url in steps.get(person, steps.url(webhook))[1]
    ben = factories.make_member(cast.workspace, name="Ben").user
    for person in (ben, cast.vera):
        page = steps.get(person, steps.url(webhook))[1]
        assert url not in page
        assert url.rpartition("/")[0] + "/…" in page
        assert "The rest of the URL is shown to whoever manages this connection." in page


def test_the_head_offers_a_test_and_no_verification(cast: Cast, webhook: Connection) -> None:
    page = steps.get(cast.bob, steps.url(webhook))[1]
    assert "Send a test delivery" in page
    assert "Verify now" not in page
    assert "Credentials" not in page
    for tab in ("Overview", "Deliveries", "Secrets", "Usage", "Activity", "Settings"):
        assert tab in page
    assert "Send a test delivery" not in steps.get(cast.vera, steps.url(webhook))[1]


def test_it_waits_polls_and_shows_what_was_refused_and_why(cast: Cast, webhook: Connection) -> None:
    page = steps.get(cast.bob, steps.url(webhook))[1]
    assert WAITING in page
    assert TRIGGER in page
    assert poll(cast.bob, webhook, "?in=overview&seen=") == (204, "")

    webhooks.deliver(webhook, headers=webhooks.signed("spojit", b"other"))
    status, fragment = poll(cast.bob, webhook, "?in=overview&seen=")
    assert status == 200
    assert "Refused" in fragment
    assert "The signature does not fit" in fragment
    assert "Copy the secret anew" in fragment
    assert TRIGGER in fragment
    seen = hooks.newest(webhook).pk
    assert poll(cast.bob, webhook, f"?in=overview&seen={seen}") == (204, "")


def test_the_first_delivery_ends_the_polling_and_is_shown(cast: Cast, webhook: Connection) -> None:
    webhooks.deliver(webhook, b'{"order": "<b>7</b>"}', delivery_id="order-7")
    status, fragment = poll(cast.bob, webhook, "?in=overview&seen=")
    assert status == 286
    assert TRIGGER not in fragment
    assert "Deliveries arrive, and are checked." in fragment
    assert "order-7" in fragment
    assert "&lt;b&gt;7&lt;/b&gt;" in fragment
    assert 'id="recent-deliveries"' in fragment
    assert 'id="head-status" hx-swap-oob="true"' in fragment


def test_a_page_that_was_forgotten_asks_no_more(cast: Cast, webhook: Connection) -> None:
    now = int(clock.now().timestamp())
    assert poll(cast.bob, webhook, f"?in=overview&seen=&since={now - 1700}") == (204, "")
    status, fragment = poll(cast.bob, webhook, f"?in=overview&seen=&since={now - 1900}")
    assert status == 286
    assert TRIGGER not in fragment
    assert "Look again" in fragment
    assert poll(cast.bob, webhook, "?in=overview&seen=&since=nonsense") == (204, "")
    assert poll(cast.bob, webhook, f"?in=overview&seen=&since={'9' * 5000}") == (204, "")


def test_on_the_page_after_adding_nothing_else_is_swapped(cast: Cast, webhook: Connection) -> None:
    webhooks.deliver(webhook)
    status, fragment = poll(cast.bob, webhook, "?in=added&seen=")
    assert status == 286
    assert "hx-swap-oob" not in fragment


def test_a_test_arrives_and_it_goes_on_waiting(cast: Cast, webhook: Connection) -> None:
    answer = steps.post(cast.bob, steps.url(webhook, "test_delivery"))
    assert answer["Location"] == hooks.page_of(hooks.newest(webhook), webhook)
    page = steps.get(cast.bob, steps.url(webhook))[1]
    assert "A test arrived. It is waiting for one from the service itself." in page
    assert TRIGGER in page


def test_without_a_secret_it_says_so(cast: Cast, listed: None) -> None:
    connection = hooks.make(cast, "slack", has_secret=False)
    page = steps.get(cast.bob, steps.url(connection))[1]
    assert "There is no secret yet." in page
    assert "none yet" in page


def test_a_secret_that_does_not_open_is_an_error_with_a_remedy(
    cast: Cast, webhook: Connection
) -> None:
    with factories.scope(cast.workspace):
        webhook.status, webhook.reason = "error", "credential_unreadable"
        webhook.save()
    page = steps.get(cast.bob, steps.url(webhook))[1]
    assert "The stored credential could not be opened." in page
    assert "Enter the secret again" in page
    assert TRIGGER not in page


def test_a_warning_stands_there_while_the_older_secret_is_used(
    cast: Cast, webhook: Connection
) -> None:
    hooks.rotate(cast, webhook)
    assert "still being used" not in steps.get(cast.bob, steps.url(webhook))[1]
    webhooks.deliver(webhook)
    page = steps.get(cast.bob, steps.url(webhook))[1]
    assert "Version 1 of the secret is still being used." in page
    assert "Version 2 has not been used yet." in page
    assert "It stays valid until you retire it." in page


def test_the_list_offers_to_set_it_up_until_something_came(cast: Cast, webhook: Connection) -> None:
    listing = steps.workspace_url(cast.workspace, "connections:list")
    page = steps.get(cast.bob, listing)[1]
    assert steps.url(webhook, "added") in page
    assert 'hx-trigger="every 3s"' not in page
    webhooks.deliver(webhook)
    assert steps.url(webhook, "added") not in steps.get(cast.bob, listing)[1]


def test_the_page_asks_a_bounded_number_of_questions(cast: Cast, webhook: Connection) -> None:
    webhooks.deliver(webhook)
    client = factories.signed_in(cast.bob)
    client.get(steps.url(webhook))
    few = _asked(client, steps.url(webhook))
    for number in range(20):
        webhooks.deliver(webhook, delivery_id=f"delivery {number}")
    assert _asked(client, steps.url(webhook)) == few
    assert few <= 30


def _asked(client: object, url: str) -> int:
    with CaptureQueriesContext(database) as captured:
        assert client.get(url).status_code == 200  # type: ignore[attr-defined]
    return len(captured.captured_queries)
