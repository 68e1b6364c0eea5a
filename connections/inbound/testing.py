"""A test delivery: made as the service would make it, signed by us, taken as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connections import credentials
from connections.inbound import hooks, receiving, secrets
from connections.inbound.arriving import Request
from connections.models import Delivery
from connections.models.delivery import Origin
from connectors import signatures
from spojit.lib import clock, limits
from spojit.lib.errors import Refused
from spojit.lib.ids import new_id
from workspaces import audit, isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    from connections.models import Connection
    from workspaces.models import User

MOST_A_MINUTE = 10


class NoSecret(Refused):
    """There is nothing to sign with."""

    code = "no_secret"
    message = "There is no signing secret yet, so nothing can be signed."
    hint = "Enter the secret that the service shows, then test again."


class NotTaken(Refused):
    """The hook did not take the test; the deliveries say why."""

    code = "not_taken"
    message = "The test delivery was not accepted."
    hint = "The list of deliveries says why."


def send(connection: Connection, *, actor: Actor | User) -> Delivery:
    """Sign a small body and send it through the hook; return the delivery that came of it.

    It proves the secret, the hook and those who listen, not the service: the status stays.

    Raises:
        NoSecret, CredentialUnreadable: nothing can be signed.
        NotTaken: the hook refused it.
        TooMany: this connection was tested too often in the last minute.
    """
    actor = Actor.of(actor)
    limits.take(f"test:{connection.pk}", limit=MOST_A_MINUTE, seconds=60)
    with isolation.workspace(connection.workspace_id):
        _record(connection, actor=actor)
    request = _signed(connection, actor=actor)
    answer = receiving.receive(hooks.token_of(connection), request)
    with isolation.workspace(connection.workspace_id):
        sent = Delivery.objects.filter(connection=connection, origin=Origin.TEST)
        row: Delivery | None = sent.order_by("-received_at", "-pk").first()
    if row is None or answer.status >= 300:
        raise NotTaken
    return row


def _signed(connection: Connection, *, actor: Actor) -> Request:
    webhook = connection.manifest_scheme.webhook
    assert webhook is not None
    delivery_id, now = str(new_id()), clock.now()
    body = signatures.sample(webhook.signature, delivery_id=delivery_id)
    with credentials.borrow(connection) as borrowed:
        values = borrowed.reveal()
        if not values.get(secrets.FIELD):
            raise NoSecret
        headers = signatures.sign(
            webhook.signature, values, body=body, now=now, delivery_id=delivery_id
        )
    return Request(
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
        size=len(body),
        address=actor.address,
        origin=Origin.TEST,
        actor=actor,
        received_at=now,
    )


def _record(connection: Connection, *, actor: Actor) -> None:
    audit.record(
        connection.workspace, actor=actor, act="connection.delivery_tested", subject=connection
    )
