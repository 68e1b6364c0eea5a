"""Adding a webhook connection: the URL, and a secret that is shown once and never again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from connections import credentials
from connections.models import Connection
from tests import factories
from tests.connections import steps, webhooks
from tests.connections.adding import add_url, count
from tests.connections.webhook_pages import hooks

if TYPE_CHECKING:
    from django.test import Client

    from tests.factories import Cast

SLACK_SECRET = webhooks.KINDS["slack"][1]


def add(client: Client, cast: Cast, key: str, **values: str) -> Any:
    data = {"name": "Orders"} | {f"value-{name}": value for name, value in values.items()}
    return client.post(add_url(cast, key, "?scheme=webhook"), data)


def the_only(cast: Cast) -> Connection:
    with factories.scope(cast.workspace):
        return Connection.objects.select_related("workspace").get()


def stored(connection: Connection) -> str:
    with credentials.borrow(connection) as borrowed:
        return borrowed.reveal()["signing_secret"]


def test_a_form_asks_for_no_secret_that_is_always_ours(cast: Cast, listed: None) -> None:
    status, page = steps.get(cast.bob, add_url(cast, "spojit_webhook"))
    assert status == 200
    assert "value-signing_secret" not in page
    assert "expires_on" not in page
    assert "Save and get the URL" in page
    assert "Wait for the first delivery" in page


def test_a_secret_that_we_made_is_in_the_answer_and_in_no_later_page(
    cast: Cast, listed: None
) -> None:
    client = factories.signed_in(cast.bob)
    answer = add(client, cast, "spojit_webhook")
    connection = the_only(cast)
    secret, page = stored(connection), answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert page.count(secret) == 1
    assert hooks.url_of(connection) in page
    assert "This is the only time that the secret is shown." in page
    assert f'<page-address path="{steps.url(connection, "added")}">' in page
    for name in ("added", "detail", "credentials", "credential", "deliveries", "activity"):
        assert secret not in client.get(steps.url(connection, name)).content.decode()
    assert all(secret not in str(value) for value in client.session.values())


def test_a_secret_made_for_standard_webhooks_is_written_as_they_write_it(
    cast: Cast, listed: None
) -> None:
    answer = add(factories.signed_in(cast.bob), cast, "standard_webhook")
    secret = stored(the_only(cast))
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert secret in answer.context["made"]


def test_a_secret_that_was_pasted_is_not_shown(cast: Cast, listed: None) -> None:
    client = factories.signed_in(cast.bob)
    answer = add(client, cast, "slack", signing_secret=SLACK_SECRET)
    connection = the_only(cast)
    assert answer.status_code == 302
    assert answer["Location"] == steps.url(connection, "added")
    page = client.get(answer["Location"]).content.decode()
    assert SLACK_SECRET not in page
    assert "Its secret is set and not shown again." in page
    assert hooks.url_of(connection) in page


def test_without_the_services_secret_the_next_page_asks_for_it(cast: Cast, listed: None) -> None:
    client = factories.signed_in(cast.bob)
    answer = add(client, cast, "slack")
    connection = the_only(cast)
    assert answer["Location"] == steps.url(connection, "added")
    page = client.get(answer["Location"]).content.decode()
    assert "Paste the secret that Slack shows" in page
    assert "There is no secret yet." in page
    assert "Send a test delivery" not in page

    refused = client.post(answer["Location"], {"value-signing_secret": ""})
    assert refused.status_code == 422
    assert "Paste the secret that the service shows." in refused.content.decode()
    wrong = client.post(answer["Location"], {"value-signing_secret": "xoxb-1"})
    assert "This is a token. Paste the Signing Secret." in wrong.content.decode()

    saved = client.post(answer["Location"], {"value-signing_secret": SLACK_SECRET})
    assert saved["Location"] == steps.url(connection, "added")
    page = client.get(saved["Location"]).content.decode()
    assert "The secret is set." in page
    assert SLACK_SECRET not in page
    assert stored(connection) == SLACK_SECRET
    assert [row.version for row in hooks.live(connection)] == [2]


def test_of_a_custom_one_the_settings_are_asked_for_and_refused(cast: Cast, listed: None) -> None:
    client = factories.signed_in(cast.bob)
    answer = add(client, cast, "custom_webhook", method="body", header="X Signature")
    assert answer.status_code == 422
    assert count(cast) == 0
    answer = add(client, cast, "custom_webhook", method="body", header="X-Signature")
    assert answer.status_code == 200
    assert stored(the_only(cast)) in answer.content.decode()


def test_a_refused_form_makes_nothing(cast: Cast, listed: None) -> None:
    client = factories.signed_in(cast.bob)
    answer = client.post(add_url(cast, "spojit_webhook"), {"name": ""})
    assert answer.status_code == 422
    assert count(cast) == 0


def test_a_duplicate_has_a_url_and_a_secret_of_its_own(cast: Cast, listed: None) -> None:
    source = hooks.make(cast, "custom", name="Orders of the shop")
    client = factories.signed_in(cast.bob)
    page = client.get(steps.url(source, "duplicate"), follow=True)
    assert page.context["form"]["value-header"].value() == "X-Signature"
    data = {"name": "Orders 2", "value-method": "body", "value-header": "X-Signature"}
    answer = client.post(page.request["PATH_INFO"] + f"?scheme=webhook&from={source.pk}", data)
    assert answer.status_code == 200
    with factories.scope(cast.workspace):
        made = Connection.objects.select_related("workspace").get(name="Orders 2")
    assert hooks.url_of(made) != hooks.url_of(source)
    assert stored(made) != stored(source)


def test_a_webhook_is_offered_to_no_tool(cast: Cast, listed: None) -> None:
    inbound = hooks.make(cast, "github", name="Pushes")
    where = {"slug": cast.workspace.slug, "key": "github", "tool_key": "list_issues"}
    page = steps.get(cast.bob, reverse("connectors:tool", kwargs=where))[1]
    assert str(inbound.pk) not in page
    assert "Connect an account first" in page


@pytest.mark.parametrize("name", ["restoration"])
def test_what_only_calls_need_is_not_there(cast: Cast, listed: None, name: str) -> None:
    connection = hooks.make(cast)
    assert steps.post(cast.bob, steps.url(connection, name)).status_code == 404


def test_pages_of_deliveries_are_not_there_for_connections_that_make_calls(cast: Cast) -> None:
    calling = factories.make_connection(cast.workspace, actor=cast.bob)
    for name in ("deliveries", "secret_retirement"):
        assert steps.get(cast.bob, steps.url(calling, name))[0] == 404
    assert steps.post(cast.bob, steps.url(calling, "test_delivery")).status_code == 404
