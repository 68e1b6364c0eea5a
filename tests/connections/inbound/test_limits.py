"""What a hook does not take: too much, too fast, too large, cut short; and what it keeps."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from connections import lifecycle
from connections.inbound import hooks, pace
from connections.middleware import Hooks
from connections.models import Connection, Delivery, Hook
from connectors.models import Connector
from spojit.lib import redaction
from tests.connections import webhooks
from tests.connections.webhooks import SECRET, deliver, post
from workspaces import isolation

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from tests.factories import Cast

pytestmark = pytest.mark.django_db

NEW = "a-newer-signing-secret-9876543210"


@pytest.fixture
def webhook(cast: Cast) -> Connection:
    """A webhook connection that waits for its first delivery."""
    return webhooks.make_webhook(cast.workspace)


def signed(body: bytes) -> dict[str, str]:
    return webhooks.signed("spojit", body)


def no_page(_: HttpRequest) -> HttpResponse:
    raise AssertionError("A delivery went further than its hook.")


def only(connection: Connection) -> Delivery:
    [row] = webhooks.deliveries(connection)
    return row


def test_a_body_beyond_the_limit_is_refused_and_listed(webhook: Connection, settings: Any) -> None:
    settings.HOOK_BODY_BYTES = 100
    assert deliver(webhook, b"x" * 100).status_code == 202

    answer = deliver(webhook, b"x" * 101)

    assert answer.status_code == 413
    row = webhooks.deliveries(webhook)[-1]
    assert (row.reason, row.size, row.verdict) == ("body_too_large", 101, "refused")
    assert post("x" * 43, b"x" * 101, {}).status_code == 413


def test_a_body_that_ends_early_is_no_delivery(webhook: Connection) -> None:
    body = b"{}"
    environ = RequestFactory().post("/", headers=signed(body)).environ
    environ |= {"PATH_INFO": f"/hooks/{hooks.token_of(webhook)}", "CONTENT_LENGTH": "50"}
    environ["wsgi.input"] = BytesIO(body)

    answer = Hooks(no_page)(WSGIRequest(environ))

    assert answer.status_code == 400
    assert webhooks.deliveries(webhook) == []


def test_a_body_in_chunks_is_read_without_a_length(webhook: Connection) -> None:
    body = b'{"a": 1}'
    environ = RequestFactory().post("/", headers=signed(body)).environ
    environ |= {"PATH_INFO": f"/hooks/{hooks.token_of(webhook)}", "CONTENT_LENGTH": ""}
    environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(body)}

    answer = Hooks(no_page)(WSGIRequest(environ))

    assert answer.status_code == 202
    assert only(webhook).size == len(body)


def test_a_doubled_slash_leads_to_the_hook_and_its_token_into_no_log(
    webhook: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    token, body = hooks.token_of(webhook), b"{}"
    environ = RequestFactory().post("/", headers=signed(body)).environ
    environ |= {"PATH_INFO": f"//hooks/{token}", "CONTENT_LENGTH": str(len(body))}
    environ["wsgi.input"] = BytesIO(body)

    answer = Hooks(no_page)(WSGIRequest(environ))

    assert answer.status_code == 202
    assert token not in caplog.text


def test_a_fault_is_logged_without_the_token(
    webhook: Connection, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise LookupError

    monkeypatch.setattr("connections.inbound.hooks.find", fail)
    token = hooks.token_of(webhook)
    with pytest.raises(LookupError):
        deliver(webhook)

    assert caplog.records
    assert all(token not in redaction.redact(record.getMessage()) for record in caplog.records)


def test_refused_deliveries_are_listed_up_to_a_hundred_an_hour_and_then_counted(
    webhook: Connection,
) -> None:
    for _ in range(105):
        deliver(webhook, b"{}", headers={})

    assert len(webhooks.deliveries(webhook)) == 100
    assert webhooks.counted(webhook) == (0, 0, 105)


def test_a_connection_accepts_so_many_a_minute(webhook: Connection, settings: Any) -> None:
    settings.HOOK_DELIVERIES_PER_CONNECTION = 2
    answers = [deliver(webhook, delivery_id=str(n)) for n in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    assert webhooks.deliveries(webhook)[-1].reason == "rate_limited"


def test_what_is_refused_uses_up_no_limit_of_the_connection(
    webhook: Connection, settings: Any
) -> None:
    settings.HOOK_DELIVERIES_PER_CONNECTION = 2
    for _ in range(5):
        deliver(webhook, b"{}", headers={})

    assert deliver(webhook).status_code == 202


def test_an_address_sends_so_many_a_minute(webhook: Connection, settings: Any) -> None:
    settings.HOOK_REQUESTS_PER_ADDRESS = 2
    answers = [post("x" * 43, b"{}", {}).status_code for _ in range(3)]

    assert answers == [404, 404, 429]
    assert deliver(webhook).status_code == 429
    assert webhooks.deliveries(webhook) == []


def test_deliveries_are_taken_without_redis(webhook: Connection, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    pace.forget()

    answers = [deliver(webhook, delivery_id=str(n)) for n in range(2)]
    pace.looked()

    assert [answer.status_code for answer in answers] == [202, 202]


def test_slacks_challenge_is_answered_when_it_is_signed(cast: Cast) -> None:
    connection = webhooks.make_webhook(cast.workspace, "slack")
    body = b'{"type": "url_verification", "challenge": "3eZbrw1aB"}'

    answer = deliver(connection, body, kind="slack")

    assert (answer.status_code, answer.content) == (200, b"3eZbrw1aB")
    assert answer["Content-Type"].startswith("text/plain")
    assert only(connection).reason == "challenge"
    assert deliver(connection, body, kind="slack", secret=NEW).status_code == 401


def test_headers_are_kept_without_credentials(webhook: Connection) -> None:
    body = b"{}"
    headers = webhooks.signed("spojit", body) | {
        "Authorization": "Bearer abcdefghijkl",
        "Cookie": "a=b",
        "X-Api-Key": "abcdefghijkl",
        "User-Agent": "Orders/1.0",
    }

    deliver(webhook, body, headers=headers)

    kept = dict(only(webhook).headers)
    assert kept["user-agent"] == "Orders/1.0"
    assert {kept[name] for name in ("authorization", "cookie", "x-api-key")} == {"••••"}
    assert kept["x-signature"].endswith("…")
    assert len(kept["x-signature"]) == 9


def test_a_shared_token_is_kept_nowhere(cast: Cast) -> None:
    values = {"method": "token", "header": "X-Hello"}
    connection = webhooks.make_webhook(cast.workspace, "custom", **values)

    right = deliver(connection, b"{}", headers={"X-Hello": SECRET})
    wrong = deliver(connection, b"{}", headers={"X-Hello": SECRET[:-1]})

    assert (right.status_code, wrong.status_code) == (202, 401)
    kept = [dict(row.headers)["x-hello"] for row in webhooks.deliveries(connection)]
    assert kept == ["••••", "••••"]


def test_a_connector_that_staff_switched_off_takes_nothing(webhook: Connection) -> None:
    Connector.objects.filter(key=webhook.connector_id).update(is_disabled=True)

    assert deliver(webhook).status_code == 401
    assert only(webhook).reason == "connector_disabled"


def test_a_removed_connection_has_no_hook(cast: Cast, webhook: Connection) -> None:
    token = hooks.token_of(webhook)
    deliver(webhook, b'{"who": "ada"}')

    lifecycle.remove(webhook, actor=cast.alice)

    assert post(token, b"{}", webhooks.signed("spojit", b"{}")).status_code == 404
    row = only(webhook)
    assert (row.sealed, row.headers, row.sender_id, row.address) == (None, [], "", None)
    with isolation.workspace(webhook.workspace):
        assert Hook.objects.count() == 0


def test_plain_http_is_refused_where_https_is_asked_for(webhook: Connection, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert deliver(webhook).status_code == 403
    body = b"{}"
    headers = webhooks.signed("spojit", body)
    assert post(hooks.token_of(webhook), body, headers, secure=True).status_code == 202
