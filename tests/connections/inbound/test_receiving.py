"""What happens to a request at a hook."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection as database
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from connections import lifecycle
from connections.inbound import deliveries, hooks, pace, secrets
from connections.middleware import Hooks
from connections.models import Check, Connection, Credential, Delivery, DeliveryKey, Hook
from connectors.models import Connector
from spojit.lib import clock, redaction
from tests.connections import webhooks
from tests.connections.webhooks import SECRET, deliver, fresh, post, told
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


@pytest.mark.parametrize("kind", webhooks.KINDS)
def test_a_signed_delivery_of_each_kind_is_accepted(cast: Cast, kind: str) -> None:
    connection = webhooks.make_webhook(cast.workspace, kind)

    answer = deliver(connection, kind=kind)

    assert answer.status_code == 202
    row = only(connection)
    assert told(answer) == {"delivery": str(row.pk)}
    assert (row.verdict, row.reason, row.secret_version) == ("accepted", "ok", 1)
    assert fresh(connection).status == "active"


def test_a_delivery_is_kept_as_it_came(webhook: Connection) -> None:
    body = b'{"b": 1,  "a": "\xc3\xa9"}\n'
    deliver(webhook, body, delivery_id="order-7")

    row = only(webhook)
    with isolation.workspace(webhook.workspace):
        opened = deliveries.opened(row)
    assert opened is not None
    assert opened.body == body
    assert opened.parsed.data == {"b": 1, "a": "é"}
    assert (row.size, row.sender_id, row.address) == (len(body), "order-7", "127.0.0.1")
    assert body not in bytes(row.sealed or b"")


def test_the_first_delivery_makes_it_active_and_is_noted(webhook: Connection) -> None:
    assert webhook.status == "pending"

    deliver(webhook)

    assert fresh(webhook).status == "active"
    with isolation.workspace(webhook.workspace):
        [check] = Check.objects.all()
        version = Credential.objects.get()
    assert (check.kind, check.outcome, check.status_after) == ("delivery", "ok", "active")
    assert version.first_used_at == version.last_used_at
    assert version.last_used_at is not None
    assert webhook.used_at is not None


@pytest.mark.parametrize("status", ["pending", "active"])
def test_what_is_refused_never_changes_the_status(webhook: Connection, status: str) -> None:
    with isolation.workspace(webhook.workspace):
        Connection.objects.update(status=status)

    answers = [deliver(webhook, secret=NEW) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {401}
    assert fresh(webhook).status == status
    assert {row.reason for row in webhooks.deliveries(webhook)} == {"signature_wrong"}
    assert all(row.sealed is None for row in webhooks.deliveries(webhook))
    assert webhooks.counted(webhook) == (0, 0, 3)


def test_a_refusal_tells_nothing(cast: Cast, webhook: Connection) -> None:
    bare = webhooks.make_webhook(cast.workspace, "stripe", signing_secret="")
    old = clock.now() - timedelta(minutes=6)
    answers = [
        deliver(webhook, secret=NEW),
        deliver(webhook, headers={}),
        deliver(webhook, at=old),
        deliver(bare, kind="stripe"),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({bytes(answer.content) for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1
    reasons = [row.reason for row in webhooks.deliveries(webhook)]
    assert sorted(reasons) == ["no_secret", "signature_missing", "signature_wrong", "timestamp_old"]


@pytest.mark.django_db(transaction=True)
def test_an_unknown_token_is_not_found_by_as_many_questions(webhook: Connection) -> None:
    headers = webhooks.signed("spojit", b"{}")
    with CaptureQueriesContext(database) as unknown:
        answer = post("x" * 43, b"{}", headers)

    assert answer.status_code == 404
    assert len(unknown) == 1
    token = hooks.token_of(webhook)
    post(token, b"{}", {})  # the data key is at hand from here on
    with CaptureQueriesContext(database) as known:
        post(token, b"{}", {})
    assert len(known) == 2  # and the row of what was refused


@pytest.mark.parametrize("token", ["", "a/b", "é", "%00", "x" * 5000, "../healthz"])
def test_a_strange_token_is_not_found(db: None, token: str) -> None:
    assert post(token, b"{}", {}).status_code == 404


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch", "options"])
def test_only_posts_are_taken(webhook: Connection, method: str) -> None:
    answer = getattr(Client(), method)(f"/hooks/{hooks.token_of(webhook)}")

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert webhooks.deliveries(webhook) == []


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


def test_a_duplicate_is_answered_like_the_first_and_not_kept_twice(
    webhook: Connection,
) -> None:
    first, second = deliver(webhook), deliver(webhook, b'{"order": 7} ')

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.content == second.content
    rows = webhooks.deliveries(webhook)
    assert [row.verdict for row in rows] == ["accepted", "duplicate"]
    assert rows[1].original_id == rows[0].pk
    assert rows[1].sealed is None


def test_without_an_id_the_signature_tells_a_duplicate(webhook: Connection) -> None:
    body = b"{}"
    headers = webhooks.signed("spojit", body)
    headers = {k: v for k, v in headers.items() if k.lower() != "x-delivery-id"}

    deliver(webhook, body, headers=headers)
    deliver(webhook, body, headers=headers)

    assert [row.verdict for row in webhooks.deliveries(webhook)] == ["accepted", "duplicate"]


def test_the_same_id_is_new_after_seven_days_and_at_another_connection(
    cast: Cast, webhook: Connection
) -> None:
    other = webhooks.make_webhook(cast.workspace)
    deliver(webhook)
    deliver(other)
    with isolation.workspace(webhook.workspace):
        assert DeliveryKey.objects.count() == 2
        past = clock.now() - timedelta(seconds=1)
        DeliveryKey.objects.filter(connection=webhook).update(expires_at=past)

    deliver(webhook)
    deliver(webhook)

    verdicts = [row.verdict for row in webhooks.deliveries(webhook)]
    assert sorted(verdicts) == ["accepted", "accepted", "accepted", "duplicate"]


def test_two_secrets_are_valid_while_one_replaces_the_other(
    cast: Cast, webhook: Connection
) -> None:
    secrets.rotate(webhook, values={"signing_secret": NEW}, retire_at=None, actor=cast.alice)

    assert deliver(webhook, delivery_id="1").status_code == 202
    assert deliver(webhook, delivery_id="2", secret=NEW).status_code == 202
    assert [row.secret_version for row in webhooks.deliveries(webhook)] == [1, 2]

    secrets.retire(webhook, actor=cast.alice)
    assert deliver(webhook, delivery_id="3").status_code == 401
    assert deliver(webhook, delivery_id="4", secret=NEW).status_code == 202


def test_an_older_secret_ends_on_its_day(cast: Cast, webhook: Connection) -> None:
    soon = clock.now() + timedelta(days=1)
    secrets.rotate(webhook, values={"signing_secret": NEW}, retire_at=soon, actor=cast.alice)
    assert deliver(webhook, delivery_id="1").status_code == 202

    secrets.retire_at(webhook, at=clock.now() - timedelta(seconds=1), actor=cast.alice)

    assert deliver(webhook, delivery_id="2").status_code == 401


def test_a_secret_that_does_not_open_is_an_error_until_a_delivery_works(
    webhook: Connection,
) -> None:
    deliver(webhook, delivery_id="1")
    with isolation.workspace(webhook.workspace):
        kept = bytes(Credential.objects.get().sealed)
        Credential.objects.update(sealed=kept[:-1] + bytes([kept[-1] ^ 1]))

    answer = deliver(webhook, delivery_id="2")

    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert (fresh(webhook).status, webhook.reason) == ("error", "credential_unreadable")
    with isolation.workspace(webhook.workspace):
        Credential.objects.update(sealed=kept)
    assert deliver(webhook, delivery_id="2").status_code == 202
    assert fresh(webhook).status == "active"


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
    client, pace._memory.client = pace._memory.client, None

    answers = [deliver(webhook, delivery_id=str(n)) for n in range(2)]

    pace._memory.client = client
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


def test_no_session_is_begun_and_no_page_is_made(webhook: Connection) -> None:
    answer = deliver(webhook)

    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" not in answer
    assert answer["Content-Length"] == str(len(answer.content))


def test_plain_http_is_refused_where_https_is_asked_for(webhook: Connection, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert deliver(webhook).status_code == 403
    body = b"{}"
    headers = webhooks.signed("spojit", body)
    assert post(hooks.token_of(webhook), body, headers, secure=True).status_code == 202


def test_the_token_is_hashed_and_sealed(webhook: Connection) -> None:
    token = hooks.token_of(webhook)
    with isolation.workspace(webhook.workspace):
        row = Hook.objects.get()
    assert len(token) == 43  # 256 random bits
    assert token not in row.token_hash
    assert token.encode() not in bytes(row.token_sealed)
    assert hooks.url_of(webhook).endswith(f"/hooks/{token}")


def test_a_hook_of_another_workspace_is_its_own(cast: Cast, webhook: Connection) -> None:
    theirs = webhooks.make_webhook(cast.next_door)

    deliver(theirs)

    assert webhooks.deliveries(webhook) == []
    assert len(webhooks.deliveries(theirs)) == 1
