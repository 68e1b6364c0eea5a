"""Delivering again: the same body, handed over once more because a person asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connections.credentials import ConnectionGone
from connections.inbound import deliveries, storing
from connections.models import Connection, Delivery
from connections.models.delivery import Origin, Verdict
from spojit.lib import clock, limits
from spojit.lib.errors import Refused
from spojit.lib.ids import new_id
from workspaces import audit, isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    from workspaces.models import User

MOST_A_MINUTE = 30


class NotKept(Refused):
    """The body is gone, or was never kept."""

    code = "not_kept"
    message = "What this delivery carried is no longer kept, so it cannot be delivered again."
    hint = "Let the service send it again."


class SwitchedOff(Refused):
    """Staff switched the connector off."""

    code = "connector_disabled"
    message = "This connector is switched off, so nothing is delivered."


def deliver_again(delivery: Delivery, *, actor: Actor | User) -> Delivery:
    """Make a new delivery of an accepted one, or of what a duplicate repeated.

    Raises:
        NotKept: the body is gone, or was never kept.
        ConnectionGone, SwitchedOff: nothing is delivered to it any more, or at this time.
        CredentialUnreadable: the body does not open.
        TooMany: this person did so too often in the last minute.
    """
    actor = Actor.of(actor)
    limits.take(f"again:{actor.id}", limit=MOST_A_MINUTE, seconds=60)
    with isolation.workspace(delivery.workspace_id):
        _require_open(delivery)
        first = _first(delivery)
        opened = deliveries.opened(first)
        if opened is None:
            raise NotKept
        row = _copy(first, actor=actor)
        row.sealed = storing.sealed(opened.body, row.workspace_id, row.pk)
        row.save(force_insert=True)
        audit.record(
            delivery.connection.workspace,
            actor=actor,
            act="connection.delivered_again",
            subject=delivery.connection,
            details={"delivery": str(first.pk)},
        )
    return row


def _require_open(delivery: Delivery) -> None:
    """Hold the connection as it is: one that is removed at this moment is left as removed."""
    rows = Connection.objects.select_for_update(of=("self",), no_key=True)
    connection = rows.select_related("connector").get(pk=delivery.connection_id)
    if connection.removed_at is not None:
        raise ConnectionGone
    if connection.connector.is_disabled:
        raise SwitchedOff


def _first(delivery: Delivery) -> Delivery:
    """Read what is delivered again: the delivery as it is now, or what a duplicate repeated."""
    is_repeat = delivery.verdict == Verdict.DUPLICATE
    rows = Delivery.objects.filter(connection_id=delivery.connection_id)
    wanted = delivery.original_id if is_repeat else delivery.pk
    found: Delivery | None = rows.filter(pk=wanted).first()
    if found is None:
        raise NotKept
    return found


def _copy(first: Delivery, *, actor: Actor) -> Delivery:
    now = clock.now()
    return Delivery(
        id=new_id(),
        workspace_id=first.workspace_id,
        connection_id=first.connection_id,
        received_at=now,
        origin=Origin.AGAIN,
        actor_id=actor.id,
        actor_name=actor.name,
        verdict=Verdict.ACCEPTED,
        reason=first.reason,
        sender_id=first.sender_id,
        signed_at=first.signed_at,
        secret_version=first.secret_version,
        size=first.size,
        content_type=first.content_type,
        headers=first.headers,
        original_id=first.pk,
        due_at=now,
    )
