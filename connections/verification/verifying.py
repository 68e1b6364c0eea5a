"""One verification: the call happens outside any transaction, its answer is recorded in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connections import credentials, health, leases
from connections.credentials import CredentialMissing, CredentialUnreadable
from connections.leases import LeaseLost
from connections.models import Check, Connection, Credential
from connections.oauth import refresh
from connections.oauth.refresh import RefreshLate, RefreshRefused
from connections.verification import recording
from connectors import execution
from connectors.execution import Verified
from connectors.models import Connector
from connectors.outcomes import MEANINGS, Outcome
from spojit.lib import clock, logs
from workspaces import isolation

if TYPE_CHECKING:
    import uuid

    from workspaces.audit import Actor
    from workspaces.models import User


def verify(
    connection: Connection,
    *,
    credential: Credential | None = None,
    actor: Actor | User | None = None,
) -> Check:
    """Ask the service whether a credential works, and record the answer.

    Args:
        connection: what to verify.
        credential: a staged version; the one in use when not given. A staged one that fails
            changes nothing of the connection's status; one that works is not yet promoted.
        actor: who asked; None when it was time.

    Raises:
        NetworkInTransaction: called inside an open transaction.
        AlreadyVerifying: somebody else holds the lease.
        LeaseLost: it took so long that another verification began.
        NotAuthorized: a person has to authorize it first.
    """
    isolation.refuse_network_in_transaction()
    owner = leases.claim(connection)
    try:
        return _verify_leased(connection, credential=credential, actor=actor, owner=owner)
    finally:
        leases.release(connection, owner=owner)


def verify_due(connection: Connection, *, actor: Actor | User | None = None) -> Check:
    """Verify what is due: a staged credential first, which is promoted when it works.

    Raises:
        AlreadyVerifying: somebody else is at it, or has just done it.
        NotAuthorized: a person has to authorize it first.
    """
    isolation.refuse_network_in_transaction()
    owner = leases.claim(connection, only_due=True)
    try:
        with isolation.workspace(connection.workspace_id):
            staged = _waiting(connection)
        return _verify_leased(connection, credential=staged, actor=actor, owner=owner, promote=True)
    finally:
        leases.release(connection, owner=owner)


def _waiting(connection: Connection) -> Credential | None:
    """Find the staged credential that has no final answer yet."""
    staged = credentials.staged(connection)
    if staged is None or (staged.tokens is None and connection.manifest_scheme.is_grant):
        return None
    if not staged.outcome:
        return staged
    is_worth_it = connection.verification_attempts <= len(health.FIRST_RETRIES)
    return staged if MEANINGS[staged.outcome].transient and is_worth_it else None


def _verify_leased(
    connection: Connection,
    *,
    credential: Credential | None,
    actor: Actor | User | None,
    owner: uuid.UUID,
    promote: bool = False,
) -> Check:
    is_staged = credential is not None and credential.state == "staged"
    started = clock.now()
    closed = _disabled_reason(connection)
    with logs.bound(connection_id=str(connection.pk)):
        verified, version, was_asked = _ask(connection, credential=credential, closed=closed)
    with isolation.workspace(connection.workspace_id):
        fresh = _still_mine(connection, owner)
        _refuse_stale(fresh, credential=credential if is_staged else None, version=version)
        answer = recording.Answer(verified, version, started, actor, was_asked=was_asked)
        if is_staged and credential is not None:
            return recording.record_staged(fresh, credential, answer, promote=promote)
        return recording.record_current(fresh, answer)


def _ask(
    connection: Connection, *, credential: Credential | None, closed: str
) -> tuple[Verified, int, bool]:
    """Make the verification call; what the service answers becomes an outcome, never an error.

    Returns:
        What was found, of which version, and whether the service itself was asked.
    """
    if closed:
        return _failed("request_refused", closed), 0, False
    version = credential.version if credential else 0
    try:
        row = credential or credentials.in_use(connection).credential
        version = row.version
        return _prove_fresh(connection, row), version, True
    except (CredentialUnreadable, CredentialMissing):
        return _failed("credential_unreadable"), version, True
    except RefreshLate as late:
        return _failed(late.outcome, late.message), version, False
    except RefreshRefused as refused:
        return _failed(refused.outcome, refused.message), version, True


def _prove_fresh(connection: Connection, row: Credential) -> Verified:
    """Prove a version, renewing its tokens before when they end, and once when they are refused."""
    row = refresh.fresh(connection, row)
    verified = _prove(connection, row)
    if verified.outcome.name == "credentials_refused":
        newer = refresh.after_refusal(connection, row)
        if newer is not None:
            return _prove(connection, newer)
    return verified


def _prove(connection: Connection, row: Credential) -> Verified:
    with credentials.borrow(connection, credential=row) as borrowed:
        verified = execution.verify(
            connection.manifest, connection.manifest_scheme, borrowed.reveal()
        )
        return recording.masked(verified)


def _refuse_stale(connection: Connection, *, credential: Credential | None, version: int) -> None:
    """Drop an answer about a version that was replaced meanwhile; the new one is due already."""
    row = credentials.staged(connection) if credential else credentials.current(connection)
    if version and (row is None or row.version != version):
        raise LeaseLost


def _disabled_reason(connection: Connection) -> str:
    row = Connector.objects.get(pk=connection.connector_id)
    return row.disabled_reason or "This connector is switched off." if row.is_disabled else ""


def _failed(name: str, detail: str = "") -> Verified:
    return Verified(outcome=Outcome(name, detail=detail))


def _still_mine(connection: Connection, owner: uuid.UUID) -> Connection:
    rows = Connection.objects.select_for_update(of=("self",)).select_related("workspace")
    fresh: Connection | None = rows.filter(pk=connection.pk, lease_owner=owner).first()
    if fresh is None or fresh.removed_at is not None:
        raise LeaseLost
    return fresh
