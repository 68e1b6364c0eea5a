"""Deliveries as people read them: the latest, one by its ID, and what it carried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connections.credentials import CredentialUnreadable
from connections.inbound import storing
from connections.models import Delivery
from connectors import bodies
from workspaces.vault import keyring
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    import uuid

    from connections.models import Connection

MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class Opened:
    """What a delivery carried: the raw bytes, and how they read."""

    body: bytes
    parsed: bodies.Body


def latest(connection: Connection, *, most: int = MOST_LISTED) -> list[Delivery]:
    """List the latest deliveries, the newest first, without their bodies; in the scope."""
    rows = Delivery.objects.filter(workspace_id=connection.workspace_id, connection=connection)
    return list(rows.defer("sealed").order_by("-received_at", "-pk")[:most])


def find(connection: Connection, delivery_id: uuid.UUID) -> Delivery:
    """Find one delivery of a connection, in the scope. Raises: Delivery.DoesNotExist."""
    found: Delivery = Delivery.objects.get(pk=delivery_id, connection=connection)
    return found


def opened(delivery: Delivery) -> Opened | None:
    """Open what a delivery carried; None when it is not kept, or no longer.

    Raises:
        CredentialUnreadable: it does not open.
    """
    if delivery.sealed is None:
        return None
    try:
        body = keyring.open_(
            bytes(delivery.sealed),
            workspace_id=delivery.workspace_id,
            table=storing.TABLE,
            row=str(delivery.pk),
            purpose=storing.PURPOSE,
            version=1,
        )
    except CannotOpen:
        raise CredentialUnreadable from None
    return Opened(body, bodies.parse(body, delivery.content_type))
