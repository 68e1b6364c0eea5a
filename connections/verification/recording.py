"""What becomes of a verification's answer: the row of the check, the status, the account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connections import credentials, health, signals
from connections.models import Check, Connection, Credential
from connections.models.check import Kind
from connections.oauth import endings
from connections.verification import timing
from connectors.outcomes import Outcome
from spojit.lib import clock, metrics, redaction, storable
from workspaces.audit import Actor

if TYPE_CHECKING:
    from connections.health import Health
    from connectors.execution import Verified
    from workspaces.models import User

LONGEST_NAME = 255
LONGEST_SCOPE = 200
MOST_SCOPES = 200
KEPT_UNPROVEN = (
    "The credential in use was verified and this one, which keeps its secret, cannot be."
    " Give what verifies it, or enter a new secret."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A verification's answer and who asked for it; `was_asked` says whether anybody was called."""

    verified: Verified
    version: int
    started_at: datetime
    actor: Actor | User | None
    was_asked: bool = True

    @property
    def asker(self) -> Actor:
        """Who asked, or the system."""
        return Actor.of(self.actor) if self.actor else Actor.system()

    @property
    def duration_ms(self) -> int:
        """How long it took."""
        return int((clock.now() - self.started_at) / timedelta(milliseconds=1))


def masked(verified: Verified) -> Verified:
    """Mask what a service says of the account, in case it echoes the credential; cut after that."""
    scopes = verified.scopes
    return replace(
        verified,
        account_id=_shown(verified.account_id, LONGEST_NAME),
        account_name=_shown(verified.account_name, LONGEST_NAME),
        scopes=None if scopes is None else [_shown(s, LONGEST_SCOPE) for s in scopes[:MOST_SCOPES]],
    )


def _shown(text: str, longest: int) -> str:
    return redaction.redact(storable.text(text))[:longest]


def record_current(connection: Connection, answer: Answer) -> Check:
    """Record the answer about the credential in use, in the scope and lock of its row."""
    outcome = _compared(connection, answer.verified)
    before = connection.status
    _decide(connection, outcome, answer)
    check = _check(connection, outcome, answer, before=before)
    signals.status_changed(connection, before=before)
    return check


def record_staged(
    connection: Connection, staged: Credential, answer: Answer, *, promote: bool
) -> Check:
    """Record the answer about a staged credential; promote it when that is asked and it works.

    One that was accepted but lacks a permission works. A failing one leaves the credential in
    use, and the status, as they were.
    """
    outcome = _compared(connection, answer.verified)
    if outcome.name == "unverified" and _keeps_proven_secret(connection, staged):
        outcome, promote = replace(outcome, detail=KEPT_UNPROVEN), False
    staged.outcome, staged.outcome_detail = outcome.name, outcome.detail[:300]
    staged.found_account_id = answer.verified.account_id
    staged.found_account_name = answer.verified.account_name
    staged.save(
        update_fields=["outcome", "outcome_detail", "found_account_id", "found_account_name"]
    )
    if health.accepts_credentials(outcome) and promote:
        credentials.promote(staged, actor=answer.actor or _author(staged))
        connection.reason = ""
        return record_current(connection, answer)
    _plan_staged(connection, outcome, answer)
    return _check(connection, outcome, answer, before=connection.status, is_staged=True)


def _keeps_proven_secret(connection: Connection, staged: Credential) -> bool:
    """Whether a version takes over a secret of the one in use, which was once found to work."""
    current = credentials.current(connection)
    secret = connection.manifest_scheme.secret_keys & staged.fields.keys()
    if not current or not any(staged.fields[key] == current.fields.get(key) for key in secret):
        return False
    checks = Check.objects.filter(connection=connection, kind=Kind.VERIFICATION, outcome="ok")
    return checks.filter(credential_version=current.version, is_staged=False).exists()


def _author(staged: Credential) -> Actor:
    """Name who entered a version: it is their act, though a worker ends it."""
    return Actor(id=staged.created_by_id, name=staged.created_by_name)


def _compared(connection: Connection, verified: Verified) -> Outcome:
    known, found = connection.account_id, verified.account_id
    is_in = health.accepts_credentials(verified.outcome)
    if is_in and known and found and not verified.is_account(known):
        return Outcome("other_account", status_code=verified.outcome.status_code)
    return verified.outcome


def _decide(connection: Connection, outcome: Outcome, answer: Answer) -> None:
    now = clock.now()
    was_active = connection.status == "active"
    decided = _health_after(connection, outcome, answer, now=now)
    _note_account(connection, outcome, answer.verified, reason=decided.reason)
    if (decided.status, decided.reason) != (connection.status, connection.reason) or outcome.is_ok:
        connection.decided_at = now
        connection.decided_by = answer.verified.called[:300]
        connection.reason_detail = outcome.detail[:300]
    connection.status, connection.reason = decided.status, decided.reason
    connection.failing_since, connection.failures = decided.failing_since, decided.failures
    connection.last_outcome, connection.last_outcome_at = outcome.name, now
    connection.checked_at = now
    if not _is_asked_again(connection, answer, now=now):
        timing.plan(connection, outcome, now=now, is_first=not was_active)
    connection.save()


def _health_after(
    connection: Connection, outcome: Outcome, answer: Answer, *, now: datetime
) -> Health:
    """Return the health; a service that was not even asked says nothing of what it was before.

    Nor does a good answer mend a grant that has ended or was narrowed, or a refusal hide why.
    """
    before = connection.health
    if connection.manifest_scheme.is_inbound:
        return health.next_health_of_webhook(before, outcome)
    if not answer.was_asked and before.status != "pending":
        return before
    is_known = outcome.name == "credentials_refused" or health.accepts_credentials(outcome)
    if is_known and endings.needs_person(connection):
        return before
    return health.next_health(before, outcome, now=now)


def _is_asked_again(connection: Connection, answer: Answer, *, now: datetime) -> bool:
    """Whether somebody asked while this call was under way, so that it stays due."""
    due_at = connection.verification_due_at
    return due_at is not None and answer.started_at < due_at <= now


def _note_account(
    connection: Connection, outcome: Outcome, verified: Verified, *, reason: str
) -> None:
    """Keep whose account it is; another one that was found stays known until that is decided."""
    if reason != "other_account":
        connection.found_account_id = connection.found_account_name = ""
    if outcome.name == "other_account":
        connection.found_account_id = verified.account_id
        connection.found_account_name = verified.account_name
    elif outcome.is_ok:
        connection.account_id = verified.account_id or connection.account_id
        connection.account_name = verified.account_name or connection.account_name
        connection.environment = verified.environment
        connection.scopes = _scopes(connection, verified)
        connection.is_limited = verified.limited


def _scopes(connection: Connection, verified: Verified) -> list[str] | None:
    """Return what was granted, as the verification or else the token endpoint told."""
    if verified.scopes is not None or not connection.manifest_scheme.has_tokens:
        return verified.scopes
    current = credentials.current(connection)
    return current.granted_scopes if current else None


def _plan_staged(connection: Connection, outcome: Outcome, answer: Answer) -> None:
    now = clock.now()
    if _is_asked_again(connection, answer, now=now):
        return
    timing.plan(connection, outcome, now=now, is_first=outcome.transient)
    connection.save(update_fields=["verification_due_at", "verification_attempts"])


def _check(
    connection: Connection,
    outcome: Outcome,
    answer: Answer,
    *,
    before: str,
    is_staged: bool = False,
) -> Check:
    check: Check = Check.objects.create(
        workspace_id=connection.workspace_id,
        connection=connection,
        kind=Kind.VERIFICATION,
        credential_version=answer.version,
        is_staged=is_staged,
        outcome=outcome.name,
        detail=outcome.detail[:300],
        called=answer.verified.called[:300],
        status_code=outcome.status_code,
        status_before=before,
        status_after=connection.status,
        account_name=answer.verified.account_name,
        actor_id=answer.asker.id,
        actor_name=answer.asker.name if answer.actor else "",
        duration_ms=answer.duration_ms,
    )
    metrics.count_outcome("verification", outcome.name, seconds=answer.duration_ms / 1000)
    return check
