"""Webhook connections for tests, and services that deliver to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.test import Client

from connections.inbound import hooks
from connections.models import Delivery, DeliveryCount
from connectors import signatures
from spojit.lib import clock
from tests import factories
from workspaces import isolation

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

    from connections.models import Connection
    from workspaces.models import Workspace

SECRET = "our-signing-secret-0123456789abcdef"
KINDS = {
    "spojit": ("spojit_webhook", SECRET),
    "standard_webhooks": ("standard_webhook", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    "shopify": ("shopify", SECRET),
    "github": ("github", SECRET),
    "slack": ("slack", "8f742231b10e888890abcd9900112285"),
    "stripe": ("stripe", "whsec_test_secret_0123456789"),
    "custom": ("custom_webhook", SECRET),
}
"""By kind of signature: the connector, and a secret that it takes."""

SETTINGS = {"custom": {"header": "X-Signature", "method": "body", "id_header": "X-Delivery-Id"}}
"""What else is filled in, by kind."""


def make_webhook(
    workspace: Workspace, kind: str = "spojit", *, name: str = "", **values: str
) -> Connection:
    """Create a webhook connection of a kind; its secret is the one of `KINDS` unless given."""
    connector_key, secret = KINDS[kind]
    typed = {"signing_secret": secret, **SETTINGS.get(kind, {}), **values}
    return factories.make_connection(
        workspace, connector_key=connector_key, scheme="webhook", name=name, values=typed
    )


def signed(
    kind: str, body: bytes, *, secret: str = "", at: datetime | None = None, delivery_id: str = ""
) -> dict[str, str]:
    """Return the headers of a delivery, as its service would send them."""
    values = {"signing_secret": secret or KINDS[kind][1], **SETTINGS.get(kind, {})}
    return signatures.sign(
        kind, values, body=body, now=at or clock.now(), delivery_id=delivery_id or "delivery-1"
    )


def deliver(
    connection: Connection,
    body: bytes = b'{"order": 7}',
    *,
    kind: str = "spojit",
    headers: dict[str, str] | None = None,
    **signing: Any,
) -> HttpResponse:
    """Post a delivery to the connection's hook, signed unless headers are given."""
    sent = signed(kind, body, **signing) if headers is None else headers
    return post(hooks.token_of(connection), body, sent)


def post(token: str, body: bytes, headers: dict[str, str], **extra: Any) -> HttpResponse:
    """Post to a hook by its token."""
    given = {name.lower(): value for name, value in headers.items()}
    content_type = given.pop("content-type", "application/json")
    return Client().post(  # type: ignore[return-value]
        f"/hooks/{token}", body, content_type, headers=given, **extra
    )


def told(answer: HttpResponse) -> dict[str, Any]:
    """Read the answer's JSON."""
    content: dict[str, Any] = json.loads(answer.content)
    return content


def deliveries(connection: Connection) -> list[Delivery]:
    """List the rows, the oldest first."""
    with isolation.workspace(connection.workspace):
        return list(Delivery.objects.order_by("received_at", "pk"))


def counted(connection: Connection) -> tuple[int, int, int]:
    """Sum up what was counted: accepted, duplicates, refused."""
    with isolation.workspace(connection.workspace):
        rows = list(DeliveryCount.objects.filter(connection=connection))
    return (
        sum(row.accepted for row in rows),
        sum(row.duplicates for row in rows),
        sum(row.refused for row in rows),
    )


def fresh(connection: Connection) -> Connection:
    """Read the connection again."""
    with isolation.workspace(connection.workspace):
        connection.refresh_from_db()
    return connection
