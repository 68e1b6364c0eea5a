"""What deliveries say of a webhook connection's status: a verified one works, nothing else counts.

Anybody can send what is refused, so that never changes it; a secret that does not open does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connections import health, signals
from connections.inbound import storing
from connections.models import Check, Connection
from connections.models.check import Kind
from connections.models.delivery import Origin
from connectors.outcomes import Outcome
from spojit.lib import clock
from workspaces import isolation

if TYPE_CHECKING:
    from connections.inbound.arriving import Request
    from connections.inbound.checking import Checked
    from connections.inbound.hooks import Found
    from connections.inbound.storing import Stored

DECIDED_BY = "a delivery"


def verified(found: Found, request: Request, checked: Checked) -> Stored | None:
    """Store a verified delivery; the first one makes the connection Active, a test does not."""
    if found.status == "active" or request.origin != Origin.SERVICE:
        return storing.verified(found, request, checked)
    with isolation.workspace(found.workspace_id):
        stored = storing.verified(found, request, checked)
        if stored is not None:
            _decide(found, Outcome("ok"))
    return stored


def unreadable(found: Found) -> None:
    """Make the connection an Error: its secret does not open, so that nothing can be checked."""
    if found.status != "error":
        with isolation.workspace(found.workspace_id):
            _decide(found, Outcome("credential_unreadable"))


def _decide(found: Found, outcome: Outcome) -> None:
    rows = Connection.objects.select_for_update(of=("self",)).select_related("workspace")
    connection = rows.get(pk=found.connection_id)
    before, now = connection.status, clock.now()
    decided = health.next_health(connection.health, outcome, now=now)
    if connection.removed_at is not None or decided.status == before:
        return
    connection.status, connection.reason = decided.status, decided.reason
    connection.failing_since, connection.failures = decided.failing_since, decided.failures
    connection.decided_at, connection.decided_by = now, DECIDED_BY
    connection.last_outcome, connection.last_outcome_at = outcome.name, now
    connection.save()
    _note(connection, outcome, before=before)
    signals.status_changed(connection, before=before)


def _note(connection: Connection, outcome: Outcome, *, before: str) -> None:
    Check.objects.create(
        workspace_id=connection.workspace_id,
        connection=connection,
        kind=Kind.DELIVERY,
        outcome=outcome.name,
        status_before=before,
        status_after=connection.status,
    )
