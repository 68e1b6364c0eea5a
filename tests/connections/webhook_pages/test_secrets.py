"""The secrets of a webhook on pages: two at a time, rotated, retired by hand or by date."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import credentials
from connections.models import Credential
from spojit.lib import clock, words
from tests import factories
from tests.connections import steps, webhooks
from tests.connections.webhook_pages import hooks

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast

SHOPIFY_SECRET = webhooks.KINDS["shopify"][1]


def rotate(cast: Cast, connection: Connection, **data: str) -> Any:
    values = {f"value-{key}" if key != "retire_in" else key: text for key, text in data.items()}
    return steps.post(cast.bob, steps.url(connection, "credential"), values)


def stored(connection: Connection) -> dict[str, str]:
    with credentials.borrow(connection) as borrowed:
        return dict(borrowed.reveal())


def secrets_page(cast: Cast, connection: Connection) -> str:
    return steps.get(cast.bob, steps.url(connection, "credentials"))[1]


def test_the_page_says_since_when_and_by_whom_and_shows_no_secret(
    cast: Cast, webhook: Connection
) -> None:
    page = secrets_page(cast, webhook)
    assert "Version 1" in page
    assert "by Bob" in page
    assert "not yet" in page
    assert webhooks.SECRET not in page
    assert "Retire…" not in page
    webhooks.deliver(webhook)
    assert "not yet" not in secrets_page(cast, webhook)


def test_without_a_secret_the_page_says_so(cast: Cast, listed: None) -> None:
    connection = hooks.make(cast, "slack", has_secret=False)
    page = secrets_page(cast, connection)
    assert "No secret yet" in page
    assert "Enter the secret" in page


def test_a_new_one_of_ours_is_shown_once_beside_the_old_one(
    cast: Cast, webhook: Connection
) -> None:
    answer = rotate(cast, webhook, retire_in="7")
    newer, older = hooks.live(webhook)
    secret, page = stored(webhook)["signing_secret"], answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert secret != webhooks.SECRET
    assert page.count(secret) == 1
    assert f'<page-address path="{steps.url(webhook, "credentials")}">' in page
    assert "Both are valid meanwhile; the old one retires" in page
    assert (newer.version, older.version) == (2, 1)
    assert older.restorable_until is not None
    assert abs(older.restorable_until - clock.now() - timedelta(days=7)) < timedelta(minutes=1)
    page = secrets_page(cast, webhook)
    assert secret not in page
    assert words.exact(older.restorable_until) in page
    assert "Retire…" in page


@pytest.mark.parametrize(("chosen", "days"), [("1", 1), ("30", 30), ("by_hand", None)])
def test_when_the_old_one_retires_is_chosen(
    cast: Cast, webhook: Connection, chosen: str, days: int | None
) -> None:
    rotate(cast, webhook, retire_in=chosen)
    ends = hooks.live(webhook)[1].restorable_until
    assert (ends - clock.now()).days + 1 == days if ends else days is None


def test_a_secret_of_the_service_has_to_be_pasted(cast: Cast, listed: None) -> None:
    connection = hooks.make(cast, "slack")
    answer = rotate(cast, connection, signing_secret="", retire_in="7")
    assert answer.status_code == 422
    assert "Paste the secret that the service shows." in answer.content.decode()
    assert [row.version for row in hooks.live(connection)] == [1]
    answer = rotate(cast, connection, signing_secret="0" * 32, retire_in="7")
    assert answer["Location"] == steps.url(connection, "credentials")
    assert [row.version for row in hooks.live(connection)] == [2, 1]
    assert stored(connection)["signing_secret"] == "0" * 32


def test_settings_change_and_the_secret_is_kept(cast: Cast, listed: None) -> None:
    connection = hooks.make(cast, "custom")
    page = steps.get(cast.bob, steps.url(connection, "credential"))[1]
    assert 'name="value-signing_secret-act" value="replace" checked' in page
    data = {"method": "body", "header": "X-Sign", "retire_in": "1"}
    answer = rotate(cast, connection, **data, **{"signing_secret-act": "keep"})
    assert answer["Location"] == steps.url(connection, "credentials")
    assert stored(connection)["signing_secret"] == webhooks.SECRET
    assert stored(connection)["header"] == "X-Sign"
    page = secrets_page(cast, connection)
    assert "X-Sign" in page
    assert "A signature over the body" in page


def test_replacing_by_nothing_makes_one_where_either_may(cast: Cast, listed: None) -> None:
    connection = hooks.make(cast, "custom")
    data = {"method": "body", "header": "X-Sign", "signing_secret-act": "replace"}
    answer = rotate(cast, connection, **data, retire_in="7")
    assert stored(connection)["signing_secret"] in answer.content.decode()
    assert stored(connection)["signing_secret"] != webhooks.SECRET


def test_a_wrong_setting_is_said_and_nothing_changes(cast: Cast, listed: None) -> None:
    connection = hooks.make(cast, "custom")
    data = {"method": "body", "header": "X Sign", "signing_secret": "typed-1", "retire_in": "7"}
    answer = rotate(cast, connection, **data)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["value-header"]
    assert "typed-1" not in answer.content.decode()
    assert [row.version for row in hooks.live(connection)] == [1]


def test_a_third_one_ends_the_first_and_the_form_says_so(cast: Cast, webhook: Connection) -> None:
    hooks.rotate(cast, webhook)
    page = steps.get(cast.bob, steps.url(webhook, "credential"))[1]
    assert "Version 1 retires at once when another secret is put to use." in page
    rotate(cast, webhook, retire_in="7")
    assert [row.version for row in hooks.live(webhook)] == [3, 2]


def test_a_warning_stands_there_while_the_old_one_is_used(cast: Cast, webhook: Connection) -> None:
    hooks.rotate(cast, webhook, retire_at=clock.now() + timedelta(days=7))
    assert "still being used" not in secrets_page(cast, webhook)
    webhooks.deliver(webhook, delivery_id="one")
    page = secrets_page(cast, webhook)
    assert "Version 1 of the secret is still being used." in page
    assert "It retires on" in page
    webhooks.deliver(webhook, delivery_id="two", secret=hooks.NEW)
    assert "Version 2 is in use, too." in secrets_page(cast, webhook)


def test_the_old_one_is_retired_by_hand(cast: Cast, webhook: Connection) -> None:
    hooks.rotate(cast, webhook)
    url = steps.url(webhook, "secret_retirement")
    page = steps.get(cast.bob, url)[1]
    assert "Deliveries that are signed with it are refused from then on." in page
    assert "Version 2 has not been used yet." in page
    assert [row.version for row in hooks.live(webhook)] == [2, 1]
    answer = steps.post(cast.bob, url, {"act": "now"})
    assert answer["Location"] == steps.url(webhook, "credentials")
    assert [row.version for row in hooks.live(webhook)] == [2]
    assert webhooks.deliver(webhook).status_code == 401
    assert webhooks.deliver(webhook, secret=hooks.NEW).status_code == 202


def test_when_it_retires_can_be_changed(cast: Cast, webhook: Connection) -> None:
    hooks.rotate(cast, webhook)
    url = steps.url(webhook, "secret_retirement")
    steps.post(cast.bob, url, {"act": "later", "retire_in": "30"})
    ends = hooks.live(webhook)[1].restorable_until
    assert ends is not None
    assert (ends - clock.now()).days == 29
    assert steps.post(cast.bob, url, {"act": "later", "retire_in": "99"}).status_code == 422
    steps.post(cast.bob, url, {"act": "later", "retire_in": "by_hand"})
    assert hooks.live(webhook)[1].restorable_until is None


def test_without_an_older_one_there_is_nothing_to_retire(cast: Cast, webhook: Connection) -> None:
    client = factories.signed_in(cast.bob)
    for method in (client.get, client.post):
        page = method(steps.url(webhook, "secret_retirement"), follow=True).content.decode()
        assert "There is no older secret to retire." in page
    assert [row.version for row in hooks.live(webhook)] == [1]


def test_members_see_the_secrets_tab_and_change_nothing(cast: Cast, webhook: Connection) -> None:
    hooks.rotate(cast, webhook)
    ben = factories.make_member(cast.workspace, name="Ben").user
    for person in (ben, cast.vera):
        status, page = steps.get(person, steps.url(webhook, "credentials"))
        assert status == 200
        assert "Retire…" not in page
        for name in ("credential", "secret_retirement"):
            assert steps.post(person, steps.url(webhook, name)).status_code == 403
    assert [row.version for row in hooks.live(webhook)] == [2, 1]


def test_entering_a_secret_again_ends_the_error_of_one_that_does_not_open(
    cast: Cast, webhook: Connection
) -> None:
    with factories.scope(cast.workspace):
        Credential.objects.update(sealed=b"\0" * 80)
    assert webhooks.deliver(webhook).status_code == 503
    assert webhooks.fresh(webhook).status == "error"
    made = rotate(cast, webhook, retire_in="7").context["made"]
    assert [row.version for row in hooks.live(webhook)] == [2]
    steps.work(webhook)
    assert webhooks.fresh(webhook).status == "pending"
    assert webhooks.deliver(webhook, secret=made).status_code == 202
    assert webhooks.fresh(webhook).status == "active"
