"""Work is a row first: asking for a verification, and finding those that are due."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from connections import fairness
from connections.models import Connection, Credential
from spojit.lib import clock, limits
from workspaces import audit, isolation

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from workspaces.audit import Actor
    from workspaces.models import User

MOST_AT_ONCE = 500
MOST_A_MINUTE = 10
AFTER_FAULT = timedelta(hours=1)


def request(connection: Connection, *, actor: Actor | User) -> None:
    """Make a verification due now; whoever calls announces it.

    Raises:
        TooMany: this connection was asked too often in the last minute.
    """
    limits.take(f"verification:{connection.pk}", limit=MOST_A_MINUTE, seconds=60)
    now = clock.now()
    with isolation.workspace(connection.workspace_id):
        Connection.objects.present().filter(pk=connection.pk).update(
            verification_due_at=now, verification_attempts=0
        )
        late = Credential.objects.filter(connection=connection, refresh_failures__gt=0)
        late.filter(refresh_due_at__gt=now).update(refresh_due_at=now)
        audit.record(
            connection.workspace,
            actor=actor,
            act="connection.verification_requested",
            subject=connection,
        )


def find_due(*, now: datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """List (workspace ID, connection ID) of what is due and unattended, workspaces in turns.

    It takes no lease: the verification itself does, so a lost announcement costs nothing.
    """
    with isolation.everything(reason="verifications that are due", is_routine=True):
        due = Connection.objects.due(now=now)
        return fairness.take_turns(due, by="verification_due_at", most=MOST_AT_ONCE)


def rest(connection: Connection) -> None:
    """Take off what is due: there is nothing to verify before a person authorizes it."""
    with isolation.workspace(connection.workspace_id):
        Connection.objects.filter(pk=connection.pk).update(verification_due_at=None)


def postpone(connection: Connection) -> None:
    """Move a verification on that ended in a fault of our own, so that it fails once an hour."""
    now = clock.now()
    with isolation.workspace(connection.workspace_id):
        due = Connection.objects.filter(pk=connection.pk, verification_due_at__lte=now)
        due.update(verification_due_at=now + AFTER_FAULT)
