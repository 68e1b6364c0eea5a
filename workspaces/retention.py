"""What is kept for how long. Apps above register what they purge in `apps.ready()`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connections
from django.db.models import Q

from workspaces import isolation
from workspaces.models import AuditEvent, Invitation, Notice, Session, Workspace

if TYPE_CHECKING:
    import uuid

INVITATIONS_FOR = timedelta(days=30)
NOTICES_FOR = timedelta(days=90)
AUDIT_OF_DELETED_FOR = timedelta(days=365)
BATCH = 5000

Purger = Callable[[datetime], int]

_purgers: dict[str, Purger] = {}

_DELETE_BATCH = """DELETE FROM workspaces_auditevent WHERE id IN (
SELECT id FROM workspaces_auditevent WHERE workspace_id = %s AND at < %s LIMIT %s)"""


def register(name: str, purge: Purger) -> None:
    """Add something to be purged: `purge(now)` opens its own scope and says how many rows went."""
    _purgers[name] = purge


def run(*, now: datetime) -> dict[str, int]:
    """Purge everything past its time; return how many rows of each kind."""
    return {name: purge(now) for name, purge in sorted(_purgers.items())}


def register_own() -> None:
    """Add what this app keeps for a while."""
    register("audit events", purge_audit)
    register("invitations", _purge_invitations)
    register("notices", _purge_notices)
    register("sessions", _purge_sessions)


def purge_audit(now: datetime) -> int:
    """Remove audit events past each workspace's retention, as the owner role: only it may."""
    return sum(
        _purge_audit_of(workspace_id, before=now - kept_for)
        for workspace_id, kept_for in _audited().items()
    )


def _audited() -> dict[uuid.UUID, timedelta]:
    """Return how long the events of each workspace are kept, deleted workspaces included."""
    with isolation.everything(reason="purge of the audit log"):
        ids = AuditEvent.objects.order_by().values_list("workspace_id", flat=True).distinct()
        kept_for = dict.fromkeys(ids, AUDIT_OF_DELETED_FOR)
    rows = Workspace.objects.values_list("pk", "audit_retention_days")
    return kept_for | {pk: timedelta(days=days) for pk, days in rows}


def _purge_audit_of(workspace_id: uuid.UUID, *, before: datetime) -> int:
    total, count = 0, BATCH
    while count == BATCH:
        with (
            isolation.workspace(workspace_id, using="owner"),
            connections["owner"].cursor() as cursor,
        ):
            cursor.execute(_DELETE_BATCH, [workspace_id, before, BATCH])
            count = cursor.rowcount
        total += count
    return total


def _purge_invitations(now: datetime) -> int:
    with isolation.everything(reason="purge of invitations"):
        before = now - INVITATIONS_FOR
        over = Q(expires_at__lt=before) | Q(accepted_at__lt=before) | Q(revoked_at__lt=before)
        return int(Invitation.objects.filter(over).delete()[0])


def _purge_notices(now: datetime) -> int:
    with isolation.everything(reason="purge of notices"):
        before = now - NOTICES_FOR
        over = Q(closed_at__lt=before) | Q(read_at__lt=before)
        return int(Notice.objects.filter(over).delete()[0])


def _purge_sessions(now: datetime) -> int:
    return Session.objects.filter(expire_date__lt=now).delete()[0]
