"""Deliveries on pages: the list, one of each kind of body, delivering again, a test."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connections.models import Delivery
from spojit.lib import clock
from spojit.lib.ids import new_id
from tests import factories
from tests.connections import steps, webhooks
from tests.connections.webhook_pages import hooks

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast


def page_of(cast: Cast, connection: Connection) -> str:
    status, page = steps.get(cast.bob, hooks.page_of(hooks.newest(connection), connection))
    assert status == 200
    return page


def send(connection: Connection, body: bytes, content_type: str) -> None:
    headers = webhooks.signed("spojit", body) | {"content-type": content_type}
    assert webhooks.deliver(connection, body, headers=headers).status_code == 202


def test_before_the_first_one_the_list_says_what_to_do(cast: Cast, webhook: Connection) -> None:
    page = steps.get(cast.bob, steps.url(webhook, "deliveries"))[1]
    assert "Nothing has arrived yet" in page
    assert "See the URL and the guide" in page


def test_the_list_shows_each_with_its_verdict_and_reason(cast: Cast, webhook: Connection) -> None:
    webhooks.deliver(webhook, delivery_id="order-7")
    webhooks.deliver(webhook, delivery_id="order-7")
    webhooks.deliver(webhook, headers={})
    page = steps.get(cast.bob, steps.url(webhook, "deliveries"))[1]
    assert page.count("order-7") == 2
    for word in ("Accepted", "Duplicate", "Refused"):
        assert f'<span class="status-word">{word}</span>' in page
    assert "The delivery was not signed." in page
    assert "The last 30 days: 0 accepted, 0 repeated, 1 refused." in page


def test_the_list_has_fifty_and_asks_the_same_questions_for_them(
    cast: Cast, webhook: Connection
) -> None:
    webhooks.deliver(webhook)
    client, url = factories.signed_in(cast.bob), steps.url(webhook, "deliveries")
    client.get(url)
    with CaptureQueriesContext(database) as few:
        client.get(url)
    first = hooks.newest(webhook)
    with factories.scope(cast.workspace):
        Delivery.objects.bulk_create(
            Delivery(
                id=new_id(), workspace=cast.workspace, connection=webhook, verdict="refused",
                reason="signature_wrong", size=2, received_at=clock.now() + timedelta(seconds=1),
            )
            for _ in range(60)
        )  # fmt: skip
    with CaptureQueriesContext(database) as many:
        page = client.get(url).content.decode()
    assert page.count('class="cell-name row-link"') == 50
    assert "The last 50" in page
    assert str(first.pk) not in page
    assert len(many) == len(few) <= 16


def test_a_json_body_is_shown_as_a_tree_and_as_it_came(cast: Cast, webhook: Connection) -> None:
    webhooks.deliver(webhook, b'{"name": "<script>alert(1)</script>", "n": 7}')
    page = page_of(cast, webhook)
    assert '<div class="json"' in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "As it came" in page


def test_a_form_is_shown_as_a_table(cast: Cast, webhook: Connection) -> None:
    send(webhook, b"command=%2Fweather&text=1&text=2", "application/x-www-form-urlencoded")
    page = page_of(cast, webhook)
    assert '<code>command</code></td><td class="break-anywhere">/weather</td>' in page
    assert page.count("<code>text</code>") == 2


def test_a_text_is_shown_as_it_is_and_cut(cast: Cast, webhook: Connection) -> None:
    send(webhook, b"hello <b>" + b"x" * 30_000, "text/plain")
    page = page_of(cast, webhook)
    assert "hello &lt;b&gt;xxx" in page
    assert "It is longer; this is its beginning." in page
    assert len(page) < 60_000


def test_bytes_are_shown_as_a_dump(cast: Cast, webhook: Connection) -> None:
    send(webhook, b"\x89PNG\r\n\x1a\n\0", "image/png")
    assert "00000000  89 50 4e 47 0d 0a 1a 0a 00" in page_of(cast, webhook)


def test_broken_json_says_what_is_wrong_with_it(cast: Cast, webhook: Connection) -> None:
    webhooks.deliver(webhook, b'{"a": NaN}')
    page = page_of(cast, webhook)
    assert "It is said to be JSON, and is not." in page
    assert "{&quot;a&quot;: NaN}" in page


def test_an_empty_body_says_so(cast: Cast, webhook: Connection) -> None:
    webhooks.deliver(webhook, b"")
    assert "The body is empty." in page_of(cast, webhook)


def test_headers_are_shown_masked(cast: Cast, webhook: Connection) -> None:
    headers = webhooks.signed("spojit", b"{}") | {"Authorization": "Bearer abc", "X-Shop": "one"}
    webhooks.deliver(webhook, b"{}", headers=headers)
    page = page_of(cast, webhook)
    signature = next(text for name, text in headers.items() if name.lower() == "x-signature")
    assert "x-shop" in page
    assert "Bearer abc" not in page
    assert signature not in page


def test_of_a_refused_one_nothing_is_kept_and_nothing_can_be_delivered_again(
    cast: Cast, webhook: Connection
) -> None:
    webhooks.deliver(webhook, b'{"told": "secretly"}', headers={})
    page = page_of(cast, webhook)
    assert "What a refused delivery carries is not kept." in page
    assert "secretly" not in page
    assert "Deliver again" not in page
    assert "See whether a secret is set in the service" in page


def test_a_body_past_its_days_is_gone(cast: Cast, webhook: Connection) -> None:
    webhooks.deliver(webhook)
    with factories.scope(cast.workspace):
        Delivery.objects.update(sealed=None)
    page = page_of(cast, webhook)
    assert "It is no longer kept: bodies are there for 7 days." in page
    assert "Deliver again" not in page
    answer = steps.post(cast.bob, hooks.page_of(hooks.newest(webhook), webhook, "delivery_again"))
    assert answer["Location"] == hooks.page_of(hooks.newest(webhook), webhook)
    assert len(webhooks.deliveries(webhook)) == 1


def test_a_body_that_does_not_open_says_so(cast: Cast, webhook: Connection) -> None:
    webhooks.deliver(webhook)
    with factories.scope(cast.workspace):
        Delivery.objects.update(sealed=b"\0" * 60)
    assert "The body could not be opened" in page_of(cast, webhook)


def test_a_duplicate_leads_to_the_first_one_and_can_be_delivered_again(
    cast: Cast, webhook: Connection
) -> None:
    webhooks.deliver(webhook, delivery_id="order-7")
    first = hooks.newest(webhook)
    webhooks.deliver(webhook, delivery_id="order-7")
    page = page_of(cast, webhook)
    assert "It repeats a delivery that had arrived before" in page
    assert hooks.page_of(first, webhook) in page
    url = hooks.page_of(hooks.newest(webhook), webhook, "delivery_again")
    answer = steps.post(cast.bob, url)
    made = hooks.newest(webhook)
    assert answer["Location"] == hooks.page_of(made, webhook)
    assert (made.origin, made.verdict, made.original_id) == ("again", "accepted", first.pk)
    page = page_of(cast, webhook)
    assert "Bob delivered again what came before:" in page
    assert "order" in page


def test_viewers_see_deliveries_and_deliver_nothing(cast: Cast, webhook: Connection) -> None:
    webhooks.deliver(webhook)
    url = hooks.page_of(hooks.newest(webhook), webhook)
    assert "Deliver again" not in steps.get(cast.vera, url)[1]
    assert steps.post(cast.vera, f"{url}again/").status_code == 403
    assert steps.post(cast.vera, steps.url(webhook, "test_delivery")).status_code == 403
    assert len(webhooks.deliveries(webhook)) == 1


def test_deliveries_of_a_private_one_are_for_its_owner_and_admins(cast: Cast) -> None:
    private = hooks.make(cast, is_private=True)
    webhooks.deliver(private)
    url = hooks.page_of(hooks.newest(private), private)
    ben = factories.make_member(cast.workspace, name="Ben").user
    assert steps.get(cast.bob, url)[0] == steps.get(cast.adam, url)[0] == 200
    for person in (ben, cast.vera):
        assert steps.get(person, url)[0] == 403
        assert steps.get(person, steps.url(private, "deliveries"))[0] == 403


def test_a_delivery_of_another_connection_is_not_found(cast: Cast, webhook: Connection) -> None:
    other = hooks.make(cast)
    webhooks.deliver(other)
    delivery = hooks.newest(other)
    url = hooks.page_of(delivery, other).replace(str(other.pk), str(webhook.pk))
    assert steps.get(cast.bob, url)[0] == 404
    assert steps.post(cast.bob, f"{url}again/").status_code == 404


@pytest.mark.parametrize("kind", webhooks.KINDS)
def test_a_test_of_each_kind_arrives_and_is_marked(cast: Cast, listed: None, kind: str) -> None:
    connection = hooks.make(cast, kind)
    client = factories.signed_in(cast.bob)
    answer = client.post(steps.url(connection, "test_delivery"), follow=True)
    page = answer.content.decode()
    assert "The test delivery arrived." in page
    assert '<span class="badge badge-accent">test</span>' in page
    assert "Bob, as a test" in page
    assert hooks.newest(connection).verdict == "accepted"


def test_a_test_without_a_secret_says_what_is_missing(cast: Cast, listed: None) -> None:
    connection = hooks.make(cast, "slack", has_secret=False)
    client = factories.signed_in(cast.bob)
    page = client.post(steps.url(connection, "test_delivery"), follow=True).content.decode()
    assert "There is no signing secret yet, so nothing can be signed." in page
    assert webhooks.deliveries(connection) == []


def test_what_strangers_write_is_shown_as_text(cast: Cast, webhook: Connection) -> None:
    evil = "<script>alert(1)</script>"
    headers = webhooks.signed("spojit", b"{}", delivery_id=evil) | {"X-Shop": f"{evil}\u202e"}
    webhooks.deliver(webhook, b"{}", headers=headers)
    webhooks.deliver(webhook, b"{}", headers={"X-Signature": evil, "X-Delivery-Id": evil})
    pages = [page_of(cast, webhook)]
    pages += [steps.get(cast.bob, steps.url(webhook, name))[1] for name in ("detail", "deliveries")]
    pages.append(steps.get(cast.bob, hooks.page_of(webhooks.deliveries(webhook)[0], webhook))[1])
    assert all("&lt;script&gt;alert" in page for page in pages)
    assert all("<script>alert" not in page for page in pages)
