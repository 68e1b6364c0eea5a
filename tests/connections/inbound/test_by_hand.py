"""What a person tries by hand: verifying a webhook connection, and sending it a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connections import verification
from connections.inbound import testing
from connections.models import Connection, Credential
from connectors.models import Connector
from tests.connections import steps, webhooks
from tests.connections.webhooks import deliver, fresh
from workspaces import isolation

if TYPE_CHECKING:
    from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def webhook(cast: Cast) -> Connection:
    """A webhook connection that works."""
    connection = webhooks.make_webhook(cast.workspace)
    deliver(connection)
    return fresh(connection)


def verify(cast: Cast, connection: Connection) -> Connection:
    verification.request(connection, actor=cast.bob)
    steps.work(connection)
    return fresh(connection)


def test_one_that_works_stays_active(cast: Cast, webhook: Connection) -> None:
    found = verify(cast, webhook)

    assert (found.status, found.reason) == ("active", "")


def test_one_without_a_secret_goes_on_waiting(cast: Cast) -> None:
    bare = webhooks.make_webhook(cast.workspace, "stripe", signing_secret="")

    found = verify(cast, bare)

    assert (found.status, found.reason) == ("pending", "")


def test_a_connector_that_is_switched_off_is_no_error_of_the_connection(
    cast: Cast, webhook: Connection
) -> None:
    Connector.objects.filter(key=webhook.connector_id).update(is_disabled=True)

    found = verify(cast, webhook)

    assert (found.status, found.reason) == ("active", "")


def test_a_secret_that_does_not_open_is_an_error(cast: Cast, webhook: Connection) -> None:
    with isolation.workspace(webhook.workspace):
        Credential.objects.update(sealed=b"\0" * 80)

    found = verify(cast, webhook)

    assert (found.status, found.reason) == ("error", "credential_unreadable")


def test_a_test_says_nothing_of_who_uses_a_secret(cast: Cast) -> None:
    connection = webhooks.make_webhook(cast.workspace)

    testing.send(connection, actor=cast.bob)

    with isolation.workspace(connection.workspace):
        row = Credential.objects.get()
    assert (row.first_used_at, row.last_used_at) == (None, None)
    assert fresh(connection).used_at is None
