"""What tests of these pages do again and again: make a webhook of Bob's, and look at a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from connections.inbound import hooks, secrets
from tests import factories
from tests.connections import webhooks
from tests.connections.webhooks import KINDS, SETTINGS

if TYPE_CHECKING:
    from datetime import datetime

    from connections.models import Connection, Credential, Delivery
    from tests.factories import Cast

NEW = "a-newer-signing-secret-9876543210"


def make(cast: Cast, kind: str = "spojit", *, has_secret: bool = True, **fields: Any) -> Connection:
    """Make a webhook connection of Bob's, of a kind."""
    connector_key, secret = KINDS[kind]
    typed = {"signing_secret": secret} if has_secret else {}
    return factories.make_connection(
        cast.workspace,
        connector_key=connector_key,
        scheme="webhook",
        values=typed | SETTINGS.get(kind, {}),
        actor=cast.bob,
        **fields,
    )


def url_of(connection: Connection) -> str:
    """Return the whole address of its hook."""
    return hooks.url_of(connection)


def rotate(
    cast: Cast, connection: Connection, *, retire_at: datetime | None = None
) -> secrets.Rotated:
    """Put a new secret to use beside the old one."""
    values = {"signing_secret": NEW} | SETTINGS.get("spojit", {})
    return secrets.rotate(connection, values=values, retire_at=retire_at, actor=cast.bob)


def live(connection: Connection) -> list[Credential]:
    """List the secrets that are accepted."""
    with factories.scope(connection.workspace):
        return secrets.live(connection)


def page_of(delivery: Delivery, connection: Connection, name: str = "delivery") -> str:
    """Return the address of a delivery."""
    where = {"connection_id": connection.pk, "delivery_id": delivery.pk}
    return reverse(f"connections:{name}", kwargs={"slug": connection.workspace.slug, **where})


def newest(connection: Connection) -> Delivery:
    """Return the delivery that came last."""
    return webhooks.deliveries(connection)[-1]
