"""A lease on a connection: whoever holds it is the only one that verifies it.

One UPDATE claims it; only its owner releases it; a killed owner's lease runs out by itself, after
LEASE_SECONDS (45): longer than any call it covers, 30 s in all (design decision 3).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q

from connections.models import Connection
from spojit.lib import clock
from spojit.lib.errors import Refused
from spojit.lib.ids import new_id
from workspaces import isolation

if TYPE_CHECKING:
    import uuid


class AlreadyVerifying(Refused):
    """Somebody else is verifying this connection right now."""

    code = "already_verifying"
    message = "This connection is being verified right now."
    hint = "The result appears here in a moment."


class LeaseLost(Refused):
    """The verification took so long that another one began; its answer counts."""

    code = "lease_lost"
    message = "Another verification began meanwhile; its answer counts."


def claim(connection: Connection, *, only_due: bool = False) -> uuid.UUID:
    """Take the lease and return its owner's ID.

    Args:
        connection: what is to be verified.
        only_due: take it only while the verification is still due, so that a worker who comes
            late does not repeat what another has just done.

    Raises:
        AlreadyVerifying: somebody else holds it, or has done what was due.
    """
    owner, now = new_id(), clock.now()
    until = now + timedelta(seconds=settings.LEASE_SECONDS)
    with isolation.workspace(connection.workspace_id):
        free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)
        claimed = Connection.objects.present().filter(free, pk=connection.pk)
        if only_due:
            claimed = claimed.filter(verification_due_at__lte=now)
        if not claimed.update(lease_owner=owner, lease_expires_at=until):
            raise AlreadyVerifying
    return owner


def release(connection: Connection, *, owner: uuid.UUID) -> None:
    """Give the lease back, if it is still this owner's."""
    with isolation.workspace(connection.workspace_id):
        Connection.objects.filter(pk=connection.pk, lease_owner=owner).update(
            lease_owner=None, lease_expires_at=None
        )
