"""What a stranger may try at a hook: lengths that lie, and headers that would tell secrets."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from connections.inbound import hooks, testing
from connections.middleware import Hooks
from connections.models import Credential
from connectors.models import Connector
from tests.connections import webhooks
from tests.connections.webhooks import SECRET, deliver
from workspaces import isolation

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from connections.models import Connection
    from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def webhook(cast: Cast) -> Connection:
    """A webhook connection."""
    return webhooks.make_webhook(cast.workspace)


@pytest.fixture
def by_token(cast: Cast) -> Connection:
    """One whose deliveries carry the secret itself, in a header whose name tells nothing."""
    return webhooks.make_webhook(cast.workspace, "custom", method="token", header="X-Hello")


def ask(connection: Connection, body: bytes, **environ: Any) -> HttpResponse:
    made = RequestFactory().post("/", headers=webhooks.signed("spojit", body)).environ
    made |= {"PATH_INFO": f"/hooks/{hooks.token_of(connection)}", "wsgi.input": BytesIO(body)}

    def no_page(_: HttpRequest) -> HttpResponse:
        raise AssertionError("A delivery went further than its hook.")

    return Hooks(no_page)(WSGIRequest(made | environ))


def kept(connection: Connection) -> dict[str, str]:
    return dict(webhooks.deliveries(connection)[-1].headers)


@pytest.mark.parametrize("length", ["5000000000", "18446744073709551615", "9" * 5000])
def test_a_length_beyond_every_number_is_too_large(webhook: Connection, length: str) -> None:
    answer = ask(webhook, b"{}", CONTENT_LENGTH=length)

    assert answer.status_code == 413
    [row] = webhooks.deliveries(webhook)
    assert (row.reason, row.size) == ("body_too_large", 2**31 - 1)


def test_a_body_by_http2_needs_no_length(webhook: Connection) -> None:
    answer = ask(webhook, b'{"a": 1}', CONTENT_LENGTH="", SERVER_PROTOCOL="HTTP/2.0")

    assert answer.status_code == 202


def test_a_shared_token_is_kept_nowhere_when_the_body_is_too_large(
    by_token: Connection, settings: Any
) -> None:
    settings.HOOK_BODY_BYTES = 10

    answer = deliver(by_token, b"x" * 11, headers={"X-Hello": SECRET, "User-Agent": "Shop/1"})

    assert answer.status_code == 413
    assert (kept(by_token)["x-hello"], kept(by_token)["user-agent"]) == ("••••", "Shop/1")


def test_a_shared_token_is_kept_nowhere_when_staff_switched_the_connector_off(
    by_token: Connection,
) -> None:
    Connector.objects.filter(key=by_token.connector_id).update(is_disabled=True)

    deliver(by_token, b"{}", headers={"X-Hello": SECRET})

    assert kept(by_token)["x-hello"] == "••••"


def test_a_shared_token_is_kept_nowhere_when_the_stored_one_does_not_open(
    by_token: Connection,
) -> None:
    with isolation.workspace(by_token.workspace):
        Credential.objects.update(sealed=b"\0" * 80)

    assert deliver(by_token, b"{}", headers={"X-Hello": SECRET}).status_code == 503

    assert kept(by_token)["x-hello"] == "••••"


def test_a_secret_is_masked_in_whatever_header_it_comes(webhook: Connection) -> None:
    deliver(webhook, b"{}", headers={"X-Hello": f"mine is {SECRET}"})

    assert kept(webhook)["x-hello"] == "mine is ••••"


@pytest.mark.parametrize("name", ["X-Original-Url", "X-Envoy-Original-Path", "Referer"])
def test_a_header_in_which_a_proxy_says_the_path_keeps_no_token(
    webhook: Connection, name: str
) -> None:
    path = f"/hooks/{hooks.token_of(webhook)}"

    deliver(webhook, b"{}", headers={name: path})
    deliver(webhook, headers=webhooks.signed("spojit", b'{"order": 7}') | {name: path})

    rows = webhooks.deliveries(webhook)
    assert [row.verdict for row in rows] == ["refused", "accepted"]
    assert {dict(row.headers)[name.lower()] for row in rows} == {"/hooks/••••"}


def test_a_token_is_no_id_though_somebody_named_its_header_for_both(cast: Cast) -> None:
    named = {"method": "token", "header": "X-Hello", "id_header": "x-hello"}
    connection = webhooks.make_webhook(cast.workspace, "custom", **named)

    for _ in range(2):
        assert deliver(connection, b"{}", headers={"X-Hello": SECRET}).status_code == 202

    rows = webhooks.deliveries(connection)
    assert [(row.verdict, row.sender_id) for row in rows] == [("accepted", "")] * 2
    assert testing.send(connection, actor=cast.bob).verdict == "accepted"
