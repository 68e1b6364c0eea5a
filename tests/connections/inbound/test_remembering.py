"""A hook that worked is remembered; what changed meanwhile is seen by the very next delivery."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from connections import lifecycle
from connections.inbound import hooks, secrets, testing
from connections.models import Connection, Credential
from connectors.models import Connector
from spojit.lib import clock
from tests.connections import webhooks
from tests.connections.webhooks import deliver, fresh
from workspaces import isolation

if TYPE_CHECKING:
    from tests.factories import Cast

NEW = "a-newer-signing-secret-9876543210"


@pytest.fixture
def webhook(cast: Cast) -> Connection:
    """A webhook connection that is remembered."""
    connection = webhooks.make_webhook(cast.workspace)
    for number in range(2):  # the first one makes it Active
        deliver(connection, delivery_id=f"before-{number}")
    assert hooks.remembered(hooks.token_of(connection)) is not None
    return connection


@pytest.mark.django_db(transaction=True)
def test_a_remembered_hook_is_not_looked_up(webhook: Connection) -> None:
    token, body = hooks.token_of(webhook), b"{}"
    headers = webhooks.signed("spojit", body, delivery_id="1")

    with CaptureQueriesContext(database) as asked:
        assert webhooks.post(token, body, headers).status_code == 202

    assert len(asked) == 1


@pytest.mark.django_db
def test_a_retired_secret_is_refused_at_once(cast: Cast, webhook: Connection) -> None:
    secrets.rotate(webhook, values={"signing_secret": NEW}, retire_at=None, actor=cast.alice)
    assert deliver(webhook, delivery_id="1").status_code == 202
    assert deliver(webhook, delivery_id="2", secret=NEW).status_code == 202

    secrets.retire(webhook, actor=cast.alice)

    assert deliver(webhook, delivery_id="3").status_code == 401
    assert deliver(webhook, delivery_id="4", secret=NEW).status_code == 202


@pytest.mark.django_db
def test_a_secret_past_its_day_is_refused_at_once(cast: Cast, webhook: Connection) -> None:
    soon = clock.now() + timedelta(days=1)
    secrets.rotate(webhook, values={"signing_secret": NEW}, retire_at=soon, actor=cast.alice)
    assert deliver(webhook, delivery_id="1").status_code == 202

    with isolation.workspace(webhook.workspace):
        Credential.objects.filter(version=1).update(restorable_until=clock.now())

    assert deliver(webhook, delivery_id="2").status_code == 401


@pytest.mark.django_db
def test_a_removed_connection_is_gone_at_once(cast: Cast, webhook: Connection) -> None:
    token, headers = hooks.token_of(webhook), webhooks.signed("spojit", b"{}")

    lifecycle.remove(webhook, actor=cast.alice)

    assert webhooks.post(token, b"{}", headers).status_code == 404
    assert hooks.remembered(token) is None


@pytest.mark.django_db
def test_a_connector_that_staff_switched_off_takes_nothing_more(webhook: Connection) -> None:
    Connector.objects.filter(key=webhook.connector_id).update(is_disabled=True)

    assert deliver(webhook, delivery_id="1").status_code == 401


@pytest.mark.django_db
def test_a_connection_that_broke_is_active_again_by_the_next_delivery(webhook: Connection) -> None:
    with isolation.workspace(webhook.workspace):
        Connection.objects.update(status="error", reason="credential_unreadable")

    assert deliver(webhook, delivery_id="1").status_code == 202

    assert fresh(webhook).status == "active"


@pytest.mark.django_db
def test_a_sealed_secret_that_was_changed_is_seen_when_what_is_remembered_does_not_fit(
    webhook: Connection,
) -> None:
    with isolation.workspace(webhook.workspace):
        row = Credential.objects.get()
        Credential.objects.update(sealed=b"x" + bytes(row.sealed)[1:])

    assert deliver(webhook, delivery_id="1", secret=NEW).status_code == 503
    assert fresh(webhook).status == "error"


@pytest.mark.django_db
def test_a_test_says_nothing_of_who_uses_a_secret(cast: Cast, webhook: Connection) -> None:
    past = clock.now() - timedelta(hours=1)
    with isolation.workspace(webhook.workspace):
        Credential.objects.update(first_used_at=past, last_used_at=past)

    testing.send(webhook, actor=cast.alice)
    with isolation.workspace(webhook.workspace):
        assert Credential.objects.get().last_used_at == past
    deliver(webhook, delivery_id="1")

    with isolation.workspace(webhook.workspace):
        assert Credential.objects.get().last_used_at > past
