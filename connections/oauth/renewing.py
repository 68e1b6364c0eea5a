"""One renewal under a claim: asked outside any transaction, stored or recorded in one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from connections import health, signals
from connections.credentials import tokens
from connections.credentials.tokens import Held, Renewal, Stored
from connections.models import Check, Connection, Credential
from connections.models.check import Kind
from connections.oauth import apps, revoke, timing
from connections.oauth.apps import AppMissing, AppReplaced
from connectors import oauth
from connectors.oauth import Answered, App
from connectors.outcomes import Outcome
from spojit.lib import clock, logs, metrics
from workspaces import isolation
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    from datetime import datetime

    from connections.oauth.claims import Claim
    from connectors.manifest import OAuth2

_CLIENT_REFUSED = frozenset({"invalid_client", "unauthorized_client"})
"""What is the OAuth app's fault, except where the connection's own fields are the client."""

DECIDED_BY = "renewal of the tokens"
ENDED = "The authorization has ended, and this service renews none."
NARROWED = "The service took back a part of what was granted."


def renew(claim: Claim) -> Outcome:
    """Get new tokens and store them, or record why there are none; the lease ends with it.

    Returns:
        What the token endpoint's answer came to. `ok` also when another revision was faster.

    Raises:
        NetworkInTransaction: called inside an open transaction.
    """
    isolation.refuse_network_in_transaction()
    started = clock.now()
    with logs.bound(connection_id=str(claim.row.connection_id)):
        answered = _ask_and_store(claim)
    outcome = answered.outcome
    if not outcome.is_ok:
        outcome = _record_failure(claim, answered, started_at=started)
    seconds = (clock.now() - started) / timedelta(seconds=1)
    metrics.count_outcome("refresh", outcome.name, seconds=seconds)
    return outcome


def renewal(
    oauth2: OAuth2, got: oauth.Tokens, *, before: Stored | None, row: Credential
) -> Renewal:
    """Make what is stored of an answer; what it leaves out stays as it was.

    An empty `scope` says nothing: it holds at least one (RFC 6749 section 3.3).
    """
    now = clock.now()
    captured = (before.captured if before else {}) | got.captured
    ends = timing.lifetimes(oauth2, got, now=now, spread_by=row.pk)
    return Renewal(
        stored=Stored(got.access_token, got.refresh_token, captured),
        issued_at=now,
        expire_at=ends.expire_at,
        grant_expires_at=ends.grant_expires_at,
        due_at=ends.due_at,
        scopes=got.scopes or None,
    )


def app_of(claim: Claim, held: Held) -> App:
    """Give the client that renews: the app kept apart, or the connection's own fields.

    Raises:
        AppMissing, AppReplaced, CannotOpen: there is none that could.
    """
    if not apps.needs_app(claim.scheme):
        return App(held.values.get("client_id", ""), held.values.get("client_secret", ""))
    return apps.opened(
        apps.of(claim.row, connector_key=claim.connector_key, scheme=claim.scheme_key)
    )


def _ask_and_store(claim: Claim) -> Answered:
    try:
        with tokens.held(claim.row) as held:
            answered = _ask(claim, held, app_of(claim, held))
            if answered.tokens is not None:
                got = renewal(claim.oauth2, answered.tokens, before=held.tokens, row=claim.row)
                if tokens.replace(claim.row, got):
                    _note_recovery(claim)
                    _note_narrowing(claim, got)
                else:
                    revoke.keep_late(claim.row, held.values, answered.tokens)
            return replace(answered, tokens=None)
    except CannotOpen:
        return Answered(Outcome("credential_unreadable"))
    except AppReplaced as refused:
        return Answered(Outcome("credentials_refused", detail=refused.message))
    except AppMissing as refused:
        return Answered(Outcome("request_refused", detail=f"{refused.message} {refused.hint}"))


def _ask(claim: Claim, held: Held, app: App) -> Answered:
    scopes = claim.row.asked_scopes or []
    if not claim.oauth2.is_authorized_by_person:
        return oauth.mint(claim.connector, claim.scheme, held.values, app=app, scopes=scopes)
    if held.tokens is None or not held.tokens.refresh_token:
        return Answered(Outcome("credentials_refused", detail=ENDED))
    return oauth.renew(
        claim.connector,
        claim.scheme,
        held.values,
        app=app,
        refresh_token=held.tokens.refresh_token,
        scopes=scopes,
        captured=held.tokens.captured,
    )


def _note_recovery(claim: Claim) -> None:
    """Verify what renewals that failed had put in Error, soon and not a day later."""
    if claim.row.refresh_failures == 0:
        return
    with isolation.workspace(claim.row.workspace_id):
        rows = Connection.objects.present().filter(pk=claim.row.connection_id)
        rows.filter(status="error", decided_by=DECIDED_BY).update(
            verification_due_at=clock.now(), verification_attempts=0
        )


def _note_narrowing(claim: Claim, got: Renewal) -> None:
    """Ask the person again when a scope that had been granted is no longer."""
    before = claim.row.granted_scopes
    if not before or got.scopes is None or set(before) <= set(got.scopes):
        return
    with isolation.workspace(claim.row.workspace_id):
        connection = _locked(claim.row)
        if connection is not None and claim.row.state == "current":
            decided = replace(connection.health, status="reauthorize", reason="permission_missing")
            outcome = Outcome("permission_missing", detail=NARROWED)
            _decide(connection, decided, outcome, claim, started_at=clock.now())


def _record_failure(claim: Claim, answered: Answered, *, started_at: datetime) -> Outcome:
    """Write what came of it, unless the row has moved on: then the newer tokens count."""
    outcome = _named(claim, answered)
    with isolation.workspace(claim.row.workspace_id):
        connection = _locked(claim.row)
        row = _unmoved(claim)
        if connection is None or row is None:
            return Outcome("ok")
        was = row.refresh_outcome
        since = _note_failure(row, outcome, answered, claim=claim)
        if row.state == "current":
            is_dead = row.tokens_expire_at is not None and row.tokens_expire_at <= clock.now()
            decided = health.next_health_after_refresh(
                connection.health,
                outcome,
                failing_since=since,
                is_dead=is_dead,
                now=clock.now(),
            )
            if decided != connection.health or was != outcome.name:
                _decide(connection, decided, outcome, claim, started_at=started_at)
            if decided.reason == "refresh_exhausted":
                Credential.objects.filter(pk=row.pk).update(refresh_due_at=None)
    return outcome


def _named(claim: Claim, answered: Answered) -> Outcome:
    """Tell a lost answer from a refusal: the service renewed, and nobody heard the new token."""
    outcome = answered.outcome
    if claim.oauth2.client == "fields" and answered.error in _CLIENT_REFUSED:
        return replace(outcome, name="credentials_refused")
    was_in_doubt = claim.asked_before_at is not None and claim.oauth2.refresh == "rotating"
    is_of_service = outcome.status_code > 0
    if outcome.name == "credentials_refused" and was_in_doubt and is_of_service:
        return replace(outcome, name="answer_lost")
    return outcome


def _note_failure(
    row: Credential, outcome: Outcome, answered: Answered, *, claim: Claim
) -> datetime:
    now = clock.now()
    row.refresh_failures = min(row.refresh_failures + 1, 30_000)
    row.refresh_failing_since = row.refresh_failing_since or now
    row.refresh_outcome, row.refresh_detail = outcome.name, outcome.detail[:300]
    row.refresh_owner = row.refresh_lease_until = None
    row.refresh_asked_at = now if answered.is_in_doubt else claim.asked_before_at
    is_over = claim.scheme.is_grant and outcome.name in {"credentials_refused", "answer_lost"}
    row.refresh_due_at = (
        None
        if is_over
        else timing.next_attempt(
            row.refresh_failures, now=now, retry_after_seconds=outcome.retry_after_seconds
        )
    )
    if is_over:
        row.refresh_asked_at = None
    row.save(update_fields=_REFRESHING)
    return row.refresh_failing_since


_REFRESHING = (
    "refresh_failures",
    "refresh_failing_since",
    "refresh_outcome",
    "refresh_detail",
    "refresh_owner",
    "refresh_lease_until",
    "refresh_asked_at",
    "refresh_due_at",
)


def _decide(
    connection: Connection,
    decided: health.Health,
    outcome: Outcome,
    claim: Claim,
    *,
    started_at: datetime,
) -> None:
    before, now = connection.status, clock.now()
    if (decided.status, decided.reason) != (connection.status, connection.reason):
        connection.decided_at, connection.decided_by = now, DECIDED_BY
        connection.reason_detail = outcome.detail[:300]
    connection.status, connection.reason = decided.status, decided.reason
    connection.last_outcome, connection.last_outcome_at = outcome.name, now
    connection.save(update_fields=_DECIDED)
    Check.objects.create(
        workspace_id=connection.workspace_id,
        connection=connection,
        kind=Kind.REFRESH,
        credential_version=claim.row.version,
        outcome=outcome.name,
        detail=outcome.detail[:300],
        called=f"token endpoint of {claim.connector.name}"[:300],
        status_code=outcome.status_code,
        status_before=before,
        status_after=connection.status,
        duration_ms=int((now - started_at) / timedelta(milliseconds=1)),
    )
    signals.status_changed(connection, before=before)


_DECIDED = (
    "status",
    "reason",
    "reason_detail",
    "decided_at",
    "decided_by",
    "last_outcome",
    "last_outcome_at",
)


def _locked(row: Credential) -> Connection | None:
    rows = Connection.objects.select_for_update(of=("self",)).select_related("workspace")
    found: Connection | None = rows.filter(pk=row.connection_id, removed_at=None).first()
    return found


def _unmoved(claim: Claim) -> Credential | None:
    rows = Credential.objects.select_for_update().filter(pk=claim.row.pk)
    found: Credential | None = rows.filter(
        revision=claim.row.revision, state__in=["current", "staged"]
    ).first()
    return found
