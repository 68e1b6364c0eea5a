"""The signing secrets of a webhook: made, rotated, used, retired."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import credentials, inbound, verification
from connections.inbound import NotAWebhook, secrets
from connections.inbound.secrets import NothingToRetire
from connections.models import Check, Connection, Credential
from connectors import registry
from spojit.lib import clock
from tests import factories
from tests.connections import webhooks
from tests.connections.webhooks import SECRET, deliver, fresh
from workspaces import isolation
from workspaces.models import AuditEvent

if TYPE_CHECKING:
    from tests.factories import Cast

pytestmark = pytest.mark.django_db

NEW = "a-newer-signing-secret-9876543210"


@pytest.fixture
def webhook(cast: Cast) -> Connection:
    """A webhook connection."""
    return webhooks.make_webhook(cast.workspace)


def live(connection: Connection) -> list[Credential]:
    with isolation.workspace(connection.workspace):
        return secrets.live(connection)


def check(connection: Connection, body: bytes = b"{}", **signing: Any) -> inbound.Verdict:
    now = clock.now()
    headers = webhooks.signed("spojit", body, at=now, **signing)
    return inbound.check(connection, headers=headers, body=body, now=now)


def test_a_request_is_checked_against_the_live_secrets(cast: Cast, webhook: Connection) -> None:
    verdict = check(webhook, delivery_id="order-7")
    assert (verdict.accepted, verdict.reason, verdict.delivery_id) == (True, "ok", "order-7")

    wrong = check(webhook, secret=NEW)
    assert (wrong.accepted, wrong.reason) == (False, "signature_wrong")
    secrets.rotate(webhook, values={"signing_secret": NEW}, retire_at=None, actor=cast.alice)
    assert [check(webhook, secret=s).matched for s in (NEW, SECRET)] == [0, 1]
    assert webhooks.deliveries(webhook) == []


def test_a_connection_that_makes_calls_takes_no_deliveries(cast: Cast) -> None:
    connection = factories.make_connection(cast.workspace)

    with pytest.raises(NotAWebhook):
        inbound.check(connection, headers={}, body=b"", now=clock.now())


def test_a_secret_is_made_where_the_person_leaves_it_to_us() -> None:
    scheme = registry.get("spojit_webhook").scheme("webhook")

    values, made = secrets.made_for(scheme, {})

    assert made is not None
    assert values == {"signing_secret": made.reveal()}
    assert len(made.reveal()) >= 43
    assert secrets.made_for(scheme, {})[1] != made


def test_no_secret_is_made_where_the_service_makes_it() -> None:
    scheme = registry.get("stripe").scheme("webhook")

    assert secrets.made_for(scheme, {"signing_secret": ""}) == ({"signing_secret": ""}, None)


def test_a_typed_secret_is_kept_where_both_may_choose() -> None:
    scheme = registry.get("github").scheme("webhook")

    assert secrets.made_for(scheme, {"signing_secret": NEW}) == ({"signing_secret": NEW}, None)
    assert secrets.made_for(scheme, {})[1] is not None


def test_rotating_puts_the_new_secret_to_use_and_keeps_the_old_one_valid(
    cast: Cast, webhook: Connection
) -> None:
    until = clock.now() + timedelta(days=7)

    rotated = secrets.rotate(webhook, values={}, retire_at=until, actor=cast.alice)

    assert rotated.made is not None
    newer, older = live(webhook)
    assert (newer.version, older.version) == (2, 1)
    assert (newer.state, older.state, older.restorable_until) == ("current", "previous", until)
    assert fresh(webhook).verification_due_at is None
    with isolation.workspace(webhook.workspace), credentials.borrow(webhook) as borrowed:
        assert borrowed["signing_secret"].reveal() == rotated.made.reveal()


def test_a_third_secret_ends_the_first(cast: Cast, webhook: Connection) -> None:
    for _ in range(2):
        secrets.rotate(webhook, values={}, retire_at=None, actor=cast.alice)

    assert [row.version for row in live(webhook)] == [3, 2]
    assert deliver(webhook).status_code == 401


def test_the_service_s_secret_comes_after_its_address(cast: Cast) -> None:
    connection = webhooks.make_webhook(cast.workspace, "stripe", signing_secret="")
    assert deliver(connection, kind="stripe").status_code == 401

    secret = webhooks.KINDS["stripe"][1]
    values = {"signing_secret": secret}
    rotated = secrets.rotate(connection, values=values, retire_at=None, actor=cast.alice)

    assert rotated.made is None
    assert [row.version for row in live(connection)] == [2]  # the empty one was never valid
    assert deliver(connection, kind="stripe").status_code == 202


def test_first_and_last_use_are_told_of_each(cast: Cast, webhook: Connection) -> None:
    deliver(webhook, delivery_id="1")
    with isolation.workspace(webhook.workspace):
        past = clock.now() - timedelta(hours=1)
        Credential.objects.update(first_used_at=past, last_used_at=past)
    secrets.rotate(webhook, values={"signing_secret": NEW}, retire_at=None, actor=cast.alice)
    newer, older = live(webhook)
    assert (newer.first_used_at, older.last_used_at) == (None, past)
    assert secrets.older_in_use([newer, older]) is None

    deliver(webhook, delivery_id="2")

    newer, older = live(webhook)
    assert older.first_used_at == past
    assert older.last_used_at is not None
    assert older.last_used_at > past
    assert secrets.older_in_use([newer, older]) is older
    deliver(webhook, delivery_id="3", secret=NEW)
    assert live(webhook)[0].first_used_at is not None


def test_last_use_is_written_once_a_minute(webhook: Connection) -> None:
    deliver(webhook, delivery_id="1")
    before = live(webhook)[0].last_used_at

    deliver(webhook, delivery_id="2")

    assert live(webhook)[0].last_used_at == before


def test_retiring_is_audited_and_destroys_the_older_secret(cast: Cast, webhook: Connection) -> None:
    with pytest.raises(NothingToRetire):
        secrets.retire(webhook, actor=cast.alice)
    secrets.rotate(webhook, values={}, retire_at=None, actor=cast.alice)

    secrets.retire(webhook, actor=cast.alice)

    with isolation.workspace(webhook.workspace):
        older = Credential.objects.get(version=1)
        acts = AuditEvent.objects.order_by("at").values_list("act", flat=True)
        assert "credential.retired" in list(acts)
    assert (older.state, older.sealed) == ("destroyed", None)


def test_verifying_tries_whether_the_secret_opens_and_proves_nothing_of_the_service(
    webhook: Connection,
) -> None:
    found = verification.verify(webhook)
    assert (found.outcome, fresh(webhook).status) == ("unverified", "pending")

    deliver(webhook)
    verification.verify(webhook)
    assert fresh(webhook).status == "active"

    with isolation.workspace(webhook.workspace):
        kept = bytes(Credential.objects.get().sealed)
        Credential.objects.update(sealed=b"x" + kept[1:])
    verification.verify(webhook)
    assert (fresh(webhook).status, webhook.reason) == ("error", "credential_unreadable")

    with isolation.workspace(webhook.workspace):
        Credential.objects.update(sealed=kept)
    verification.verify(webhook)
    assert fresh(webhook).status == "pending"
    with isolation.workspace(webhook.workspace):
        assert Check.objects.count() == 5
