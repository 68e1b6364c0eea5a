"""The code becomes tokens: on a worker, once, outside any transaction.

The code and the verifier are destroyed as the exchange begins, before anything is sent: whoever
comes after a killed worker has nothing to send, and ends the attempt instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from connections.credentials import life, rows, tokens
from connections.models import Authorization, Connection, Credential
from connections.oauth import apps, attempts, renewing, revoke
from connections.oauth.apps import AppMissing, AppReplaced
from connectors import hosts, oauth, templates
from connectors.oauth import Answered, App
from connectors.outcomes import Outcome
from spojit.lib import clock, logs, metrics, redaction
from spojit.lib.ids import new_id
from workspaces import isolation
from workspaces.models import Membership
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from connectors.manifest import OAuth2, Scheme

MOST_AT_ONCE = 500
REFUSED_CODE = "The service did not accept the answer: it was used already, or it took too long."


@dataclass(frozen=True, slots=True)
class Claim:
    """An attempt that this worker alone exchanges, with what it will send."""

    row: Authorization
    base: Credential
    code: str = field(repr=False)
    captured: dict[str, str] = field(repr=False)
    verifier: str = field(repr=False)
    values: dict[str, str] = field(repr=False)

    @property
    def connection(self) -> Connection:
        """Whose authorization it is."""
        found: Connection = self.row.connection
        return found

    @property
    def scheme(self) -> Scheme:
        """The scheme, as it is at the service URL that the values choose."""
        return self.connection.manifest_scheme.at(self.values)

    @property
    def oauth2(self) -> OAuth2:
        """How the scheme gets tokens."""
        assert self.scheme.oauth2 is not None
        return self.scheme.oauth2


def find_waiting(*, now: datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """List (workspace ID, attempt ID) of what came back and nobody is at, the oldest first."""
    with isolation.everything(reason="authorizations that came back", is_routine=True):
        waiting = Authorization.objects.filter(returned_at__isnull=False, finished_at=None)
        unattended = waiting.exclude(lease_expires_at__gte=now).order_by("returned_at")
        return list(unattended.values_list("workspace_id", "pk")[:MOST_AT_ONCE])


def exchange(workspace_id: uuid.UUID, attempt_id: uuid.UUID) -> Connection | None:
    """Exchange the code of an attempt, and store what the service gives for it.

    Returns:
        The connection, due for verification, when there are new tokens; None otherwise: the
        attempt says why, or somebody else is at it.

    Raises:
        NetworkInTransaction: called inside an open transaction.
    """
    isolation.refuse_network_in_transaction()
    with redaction.scope():
        claim = _claim(workspace_id, attempt_id)
        if claim is None:
            return None
        with logs.bound(connection_id=str(claim.connection.pk)):
            answered = _ask(claim)
            outcome = answered.outcome
            seconds = outcome.duration_ms / 1000
            metrics.count_outcome("authorization", outcome.name, seconds=seconds)
            if answered.tokens is not None:
                return _store(claim, answered.tokens, outcome)
            _fail(claim, answered)
            return None


_CLAIM = """
WITH found AS (
    SELECT id, answer_sealed, verifier_sealed FROM connections_authorization
    WHERE id = %(id)s AND returned_at IS NOT NULL AND finished_at IS NULL AND started_at IS NULL
    FOR UPDATE SKIP LOCKED
)
UPDATE connections_authorization a
SET started_at = %(now)s, lease_owner = %(owner)s, lease_expires_at = %(until)s,
    answer_sealed = NULL, verifier_sealed = NULL
FROM found WHERE a.id = found.id
RETURNING found.answer_sealed, found.verifier_sealed
"""


def _claim(workspace_id: uuid.UUID, attempt_id: uuid.UUID) -> Claim | None:
    """Take an attempt; one that was taken by a worker that died is ended."""
    now = clock.now()
    until = now + timedelta(seconds=settings.LEASE_SECONDS)
    terms = {"id": attempt_id, "now": now, "owner": new_id(), "until": until}
    found = isolation.ask(workspace_id, _CLAIM, terms)
    with isolation.workspace(workspace_id):
        row = _locked(attempt_id)
        if row is None or row.finished_at is not None:
            return None
        if found:
            return _opened(row, *found[0])
        if row.lease_expires_at is not None and row.lease_expires_at < now:
            attempts.finish(row, row.connection, Outcome("answer_lost", detail=attempts.LOST))
        return None


def _locked(attempt_id: uuid.UUID) -> Authorization | None:
    found = Authorization.objects.select_for_update(of=("self",)).filter(pk=attempt_id)
    row: Authorization | None = found.select_related("connection__workspace").first()
    return row


def _opened(row: Authorization, answer: bytes | None, verifier: bytes | None) -> Claim | None:
    """Open what will be sent; an attempt that has nothing to send ends here."""
    base = Credential.objects.filter(pk=row.credential_id, sealed__isnull=False).first()
    if base is None or row.connection.removed_at is not None:
        _give_up(row, "request_refused", attempts.CHANGED)
    elif not Membership.objects.filter(user_id=row.actor_id).exists():
        _give_up(row, "request_refused", attempts.LEFT)
    elif answer is None or verifier is None:
        _give_up(row, "answer_lost", attempts.LOST)
    else:
        try:
            return _unsealed(row, base, answer=answer, verifier=verifier)
        except CannotOpen:
            _give_up(row, "credential_unreadable", "")
    return None


def _unsealed(row: Authorization, base: Credential, *, answer: bytes, verifier: bytes) -> Claim:
    code, captured = attempts.unseal_answer(row, answer)
    opened = attempts.unseal(row, verifier, purpose=attempts.VERIFIER)
    payload = rows.unseal(base)
    redaction.register([code, opened, *(payload.values[key] for key in payload.secret)])
    return Claim(row, base, code, captured, opened, payload.values)


def _give_up(row: Authorization, name: str, detail: str) -> None:
    attempts.finish(row, row.connection, Outcome(name, detail=detail))


def _ask(claim: Claim) -> Answered:
    """Send the code; what keeps it from being sent comes back by its name."""
    try:
        app = _app(claim)
    except CannotOpen:
        return Answered(Outcome("credential_unreadable"))
    except (AppMissing, AppReplaced) as refused:
        return Answered(Outcome("request_refused", detail=refused.message))
    return oauth.exchange(
        claim.connection.manifest,
        claim.connection.manifest_scheme,
        claim.values,
        app=app,
        code=claim.code,
        redirect_uri=apps.redirect_url(),
        verifier=claim.verifier,
        captured=claim.captured,
    )


def _app(claim: Claim) -> App:
    """Open the client that the person was sent to the service for. Raises: as `apps.opened`."""
    if not apps.needs_app(claim.scheme):
        values = claim.values
        return App(values.get("client_id", ""), values.get("client_secret", ""))
    key, scheme = claim.connection.connector_id, claim.connection.scheme
    return apps.opened(apps.of(claim.row, connector_key=key, scheme=scheme))


def _fail(claim: Claim, answered: Answered) -> None:
    outcome = answered.outcome
    if outcome.name == "credentials_refused":
        outcome = replace(outcome, detail=REFUSED_CODE)
    elif not outcome.detail:
        outcome = replace(outcome, detail=outcome.meaning.sentence)
    with isolation.workspace(claim.row.workspace_id):
        attempts.finish(claim.row, _connection(claim), outcome, error=_told(claim, answered.error))


def _told(claim: Claim, error: str) -> str:
    """Keep the service's code (in lower case), but none that repeats what was sent."""
    is_echo = claim.code.lower() in error or claim.verifier.lower() in error
    return "" if is_echo or redaction.redact(error) != error else error


def _store(claim: Claim, got: oauth.Tokens, outcome: Outcome) -> Connection | None:
    """Store the tokens and make their verification due, in one transaction."""
    with isolation.workspace(claim.row.workspace_id):
        connection = _connection(claim)
        target = _target(connection, claim)
        if target is None:
            revoke.keep(connection, claim.row, claim.values | got.captured, got)
            refused = Outcome("request_refused", detail=attempts.CHANGED)
            attempts.finish(claim.row, connection, refused)
            return None
        tokens.put(target, renewing.renewal(claim.oauth2, got, before=None, row=target))
        _describe(target, claim, got)
        target.save()
        connection.verification_due_at, connection.verification_attempts = clock.now(), 0
        connection.save(update_fields=["verification_due_at", "verification_attempts"])
        attempts.finish(claim.row, connection, outcome, version=target.version)
    return connection


def _connection(claim: Claim) -> Connection:
    found = Connection.objects.select_for_update(of=("self",)).select_related("workspace")
    connection: Connection = found.get(pk=claim.connection.pk)
    return connection


def _target(connection: Connection, claim: Claim) -> Credential | None:
    """Give the version that gets the tokens; None when nothing fits them any more.

    A version without tokens gets them itself. Beside one in use a copy of it is staged, so that
    the old tokens stay until the new ones are verified.
    """
    found = Credential.objects.select_for_update().filter(pk=claim.base.pk)
    base: Credential | None = found.exclude(sealed=None).first()
    if connection.removed_at is not None or base is None:
        return None
    if base.state in {"current", "staged"} and base.tokens is None:
        return base
    current = rows.current(connection)
    if current is None or rows.unseal(current).values != claim.values:
        return None
    life.discard_staged(connection)
    actor = attempts.author(claim.row)
    row = rows.new(connection, actor=actor, expires_on=None)
    rows.fill(row, connection.manifest_scheme, claim.values, kept=current.fields)
    return row


def _describe(target: Credential, claim: Claim, got: oauth.Tokens) -> None:
    """Write by whom, by which app and for what it was authorized."""
    target.created_by_id, target.created_by_name = claim.row.actor_id, claim.row.actor_name
    target.asked_scopes = claim.row.scopes
    target.app_id, target.app_client_id = claim.row.app_id, claim.row.app_client_id
    target.outcome = target.outcome_detail = ""
    target.refresh_place = _place(claim, got)


def _place(claim: Claim, got: oauth.Tokens) -> str:
    values = claim.values | claim.captured | got.captured
    try:
        return oauth.token_place(claim.scheme, values)
    except (hosts.BadServiceUrl, templates.Unfilled):
        return ""
