"""Running one tool through one connection: borrow, call, record."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from connections import credentials, health, rate_limits, signals
from connections.credentials import CredentialMissing, CredentialUnreadable
from connections.models import Check, Connection
from connections.models.check import Kind
from connections.notes import Note
from connections.oauth import endings, refresh
from connections.oauth.refresh import RefreshLate, RefreshRefused
from connectors import execution
from connectors.models import Connector
from connectors.outcomes import Outcome
from spojit.lib import clock, logs, metrics, redaction
from spojit.lib.errors import Refused
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connections.credentials import InUse, Standing
    from connections.models import Credential
    from connectors.manifest import Tool

log = structlog.get_logger(__name__)

NOTED_EVERY = timedelta(minutes=1)
"""How often `used_at` is written at most, so that a busy connection is not a hot row."""


class ConnectorDisabled(Refused):
    """Staff switched the connector off; the message is their reason."""

    code = "connector_disabled"
    message = "This connector is switched off."


class TakesDeliveriesOnly(Refused):
    """The connection is a webhook."""

    code = "takes_deliveries_only"
    message = "This connection takes deliveries; it makes no calls."
    hint = "Use a connection to the same service that signs in another way."


class OtherAccount(Refused):
    """The credential belongs to another account, and nobody accepted it yet."""

    code = "other_account"
    message = "The credentials now belong to another account, so nothing is called."
    hint = "Accept the other account on the connection's page, or put the old credentials back."


class ConnectionRemoved(Refused):
    """The connection is no longer there; the message says when and by whom it was removed."""

    code = "connection_removed"

    @classmethod
    def of(cls, removed: Standing | Connection) -> ConnectionRemoved:
        """Say which connection was removed, when and by whom."""
        assert removed.removed_at is not None
        return cls(
            f"The connection {removed.name} was removed on {removed.removed_at:%-d %B %Y} "
            f"by {removed.removed_by_name}."
        )


@dataclass(frozen=True, slots=True)
class Use:
    """Who uses a connection: a person, a run's step. `id` is the person's or the run's."""

    kind: str
    id: uuid.UUID | None = None
    name: str = ""


def call(
    connection: Connection,
    *,
    tool: str,
    arguments: Mapping[str, Any],
    use: Use,
    idempotency_key: str = "",
    note: Note | None = None,
    in_use: InUse | None = None,
) -> Outcome:
    """Run a tool through a connection and record the use.

    What the service answers, or fails to, is the outcome; its data is masked. `note` says how
    long it may take, and is filled in. `in_use` is what `credentials.load` gave just now.

    Raises:
        NetworkInTransaction: called inside an open transaction.
        UnknownTool, InvalidArguments: the tool does not exist, or its schema refuses these.
        ConnectorDisabled, OtherAccount, ConnectionRemoved, NotAuthorized: it may not be called.
        TakesDeliveriesOnly: it is a webhook.
    """
    isolation.refuse_network_in_transaction()
    refuse_inbound(connection)
    found = connection.manifest.tool(tool)
    in_use = in_use or credentials.in_use(connection)
    refuse_uncallable(in_use.standing)
    with logs.bound(connection_id=str(connection.pk)):
        outcome, was_sent = _attempt(
            connection, in_use.credential, found, arguments, idempotency_key, note or Note()
        )
    record(connection, tool=tool, outcome=outcome, was_sent=was_sent)
    if outcome.rest_seconds:
        rate_limits.note(connection.pk, seconds=outcome.rest_seconds)
    log.info(
        "Tool called",
        connection_id=str(connection.pk),
        tool=tool,
        outcome=outcome.name,
        duration_ms=outcome.duration_ms,
        use=use.kind,
        use_id=str(use.id or ""),
    )
    return outcome


def _attempt(
    connection: Connection,
    credential: Credential,
    tool: Tool,
    arguments: Mapping[str, Any],
    idempotency_key: str,
    note: Note,
) -> tuple[Outcome, bool]:
    """Call, once more with renewed tokens when these are refused; say whether it was sent at all.

    A refused request was not carried out, so that even one that writes may be sent again.
    """
    try:
        credential = refresh.fresh(connection, credential)
        outcome = _make(connection, credential, tool, arguments, idempotency_key, note)
        if outcome.name == "credentials_refused":
            newer = refresh.after_refusal(connection, credential)
            if newer is not None:
                outcome = _make(connection, newer, tool, arguments, idempotency_key, note)
    except (RefreshLate, RefreshRefused) as failure:
        return Outcome(failure.outcome, detail=f"{failure.message} {failure.hint}"), False
    return outcome, True


def _make(
    connection: Connection,
    credential: Credential,
    tool: Tool,
    arguments: Mapping[str, Any],
    idempotency_key: str,
    note: Note,
) -> Outcome:
    try:
        with credentials.borrow(connection, credential=credential) as borrowed:
            note.arguments = redaction.redact_value(dict(arguments))
            note.credential_version = borrowed.version
            outcome = execution.call(
                connection.manifest,
                connection.manifest_scheme,
                tool,
                borrowed.reveal(),
                arguments,
                policy=note.policy,
                idempotency_key=idempotency_key,
            )
            return masked(outcome)
    except (CredentialUnreadable, CredentialMissing):
        return Outcome("credential_unreadable")


def refuse_uncallable(standing: Standing) -> None:
    """Stop a call that may not be made now. Raises: as `call` does."""
    if standing.removed_at is not None:
        raise ConnectionRemoved.of(standing)
    if standing.is_disabled:
        raise ConnectorDisabled(standing.disabled_reason)
    if standing.reason == "other_account":
        raise OtherAccount


def refuse_inbound(connection: Connection) -> None:
    """Stop a call through a webhook. Raises: TakesDeliveriesOnly."""
    if connection.manifest_scheme.is_inbound:
        raise TakesDeliveriesOnly


def refuse_disabled(connector_key: str) -> None:
    """Stop a call without a connection when staff disabled it. Raises: ConnectorDisabled."""
    row = Connector.objects.filter(pk=connector_key, is_disabled=True).first()
    if row is not None:
        raise ConnectorDisabled(row.disabled_reason)


def masked(outcome: Outcome) -> Outcome:
    """Mask an answer's data, inside the context that borrowed the credential."""
    return replace(outcome, data=redaction.redact_value(outcome.data), headers={})


def record(connection: Connection, *, tool: str, outcome: Outcome, was_sent: bool = True) -> None:
    """Count a use, and change the status when the outcome of what was sent says so."""
    _count(connection, is_ok=outcome.is_ok)
    metrics.count_outcome("call", outcome.name, seconds=outcome.duration_ms / 1000)
    if was_sent and _is_news(connection, tool, outcome):
        with isolation.workspace(connection.workspace_id):
            _apply(connection, tool, outcome)


_COUNT = """
WITH noted AS (
    UPDATE connections_connection SET used_at = %(now)s
    WHERE id = %(connection)s AND (used_at IS NULL OR used_at < %(before)s)
)
INSERT INTO connections_usecounter (id, workspace_id, connection_id, day, calls, failures)
VALUES (%(id)s, %(workspace)s, %(connection)s, %(day)s, 1, %(failed)s)
ON CONFLICT (workspace_id, connection_id, day)
DO UPDATE SET calls = connections_usecounter.calls + 1,
              failures = connections_usecounter.failures + excluded.failures
"""


def _count(connection: Connection, *, is_ok: bool) -> None:
    now = clock.now()
    values = {
        "id": uuid.uuid4(),
        "workspace": connection.workspace_id,
        "connection": connection.pk,
        "day": now.date(),
        "failed": 0 if is_ok else 1,
        "now": now,
        "before": now - NOTED_EVERY,
    }
    isolation.ask(connection.workspace_id, _COUNT, values)


def _is_news(connection: Connection, tool: str, outcome: Outcome) -> bool:
    """Whether this outcome can change anything of the row as it was loaded."""
    was_fine = connection.status == "active" and not connection.failures and not connection.reason
    is_the_same = connection.last_outcome == outcome.name
    return not (outcome.is_ok and was_fine and is_the_same and tool not in connection.not_permitted)


def _apply(connection: Connection, tool: str, outcome: Outcome) -> None:
    now = clock.now()
    row: Connection = Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
    if row.removed_at is not None:
        return
    before = row.status
    needs_person, decided = endings.needs_person(row), row.health
    if not needs_person:
        decided = health.next_health_after_call(decided, outcome, now=now)
    if (decided.status, decided.reason) != (row.status, row.reason):
        row.decided_at, row.decided_by = now, f"tool {tool}"
        row.reason_detail = outcome.detail[:300]
    row.status, row.reason = decided.status, decided.reason
    row.failing_since, row.failures = decided.failing_since, decided.failures
    row.last_outcome, row.last_outcome_at = outcome.name, now
    _mark_permission(row, tool, outcome)
    if health.asks_for_verification(outcome) and not needs_person:
        row.verification_due_at = now
    row.save()
    if row.status != before:
        _record_change(row, tool, outcome, before=before)


def _mark_permission(row: Connection, tool: str, outcome: Outcome) -> None:
    if outcome.name == "permission_missing":
        row.not_permitted[tool] = clock.now().isoformat()
    elif outcome.is_ok:
        row.not_permitted.pop(tool, None)


def _record_change(row: Connection, tool: str, outcome: Outcome, *, before: str) -> None:
    Check.objects.create(
        workspace_id=row.workspace_id,
        connection=row,
        kind=Kind.CALL,
        outcome=outcome.name,
        detail=outcome.detail[:300],
        called=f"tool {tool}",
        status_code=outcome.status_code,
        status_before=before,
        status_after=row.status,
        duration_ms=outcome.duration_ms,
    )
    signals.status_changed(row, before=before)
