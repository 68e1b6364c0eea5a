"""What happens to a request at a hook."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from connections.inbound import deliveries, hooks, secrets
from connections.models import Check, Connection, Credential, Delivery, DeliveryKey, Hook
from spojit.lib import clock
from tests.connections import webhooks
from tests.connections.webhooks import deliver, fresh, post, told
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
    assert told(answer) == {"delivery": str(row.pk), "runs": []}
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


def test_no_session_is_begun_and_no_page_is_made(webhook: Connection) -> None:
    answer = deliver(webhook)

    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" not in answer
    assert answer["Content-Length"] == str(len(answer.content))


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
