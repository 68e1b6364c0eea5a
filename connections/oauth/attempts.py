"""Attempts to authorize: what their rows seal, how each ends, and what that means in words."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connections.models import Authorization, Check
from connections.models.check import Kind
from spojit.lib import clock
from workspaces import audit, isolation
from workspaces.audit import Actor
from workspaces.vault import keyring

if TYPE_CHECKING:
    from datetime import datetime

    from connections.models import Connection
    from connectors.outcomes import Outcome

KEPT_FOR = timedelta(days=30)
"""How long attempts are kept; what they sealed is gone as soon as they end."""

VERIFIER, ANSWER = "verifier", "answer"

HINTS = {
    "access_denied": "Connect again and agree there; somebody may have to approve the app first.",
    "invalid_scope": "Choose fewer scopes, or allow them in the OAuth app, then connect again.",
    "invalid_request": "Check the OAuth app at the service, its redirect URL too.",
    "unauthorized_client": "Check what the OAuth app may do at the service.",
    "unsupported_response_type": "Check what the OAuth app may do at the service.",
    "invalid_client": "Check the client ID and the secret of the OAuth app.",
    "server_error": "",
    "temporarily_unavailable": "",
}
"""What to do about a service's own code, where its sentence does not say it."""

LOST = "The exchange was interrupted, and a code counts once. Nothing was changed."
LEFT = "Whoever authorized it is no longer in this workspace."
CHANGED = "The connection's details changed meanwhile, so this authorization no longer fits them."


def hashed(text: str) -> str:
    """Return what is stored of a state or of a session's key: SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def seal(row: Authorization, content: str, *, purpose: str) -> bytes:
    """Seal a text for exactly this attempt."""
    return keyring.seal(content.encode(), **_place(row, purpose))


def unseal(row: Authorization, content: bytes, *, purpose: str) -> str:
    """Open what an attempt holds. Raises: CannotOpen, as `workspaces.vault` does."""
    return keyring.open_(bytes(content), **_place(row, purpose)).decode()


def seal_answer(row: Authorization, code: str, captured: dict[str, str]) -> bytes:
    """Seal what the callback told: the code, and what the connector keeps of the rest."""
    return seal(row, json.dumps([code, captured]), purpose=ANSWER)


def unseal_answer(row: Authorization, content: bytes) -> tuple[str, dict[str, str]]:
    """Open what the callback told. Raises: CannotOpen."""
    code, captured = json.loads(unseal(row, content, purpose=ANSWER))
    return code, captured


def author(row: Authorization) -> Actor:
    """Name who authorizes: it is their act, though a worker ends it."""
    return Actor(id=row.actor_id, name=row.actor_name)


def newest(connection: Connection) -> Authorization | None:
    """Find the attempt that came back last, in the workspace's scope."""
    rows = Authorization.objects.filter(connection_id=connection.pk, returned_at__isnull=False)
    row: Authorization | None = rows.order_by("-returned_at", "-pk").first()
    return row


def left(connection: Connection) -> Authorization | None:
    """Find the attempt that was begun last, come back or not, in the workspace's scope."""
    rows = Authorization.objects.filter(connection_id=connection.pk)
    row: Authorization | None = rows.order_by("-created_at", "-pk").first()
    return row


def finish(
    row: Authorization,
    connection: Connection,
    outcome: Outcome,
    *,
    error: str = "",
    version: int = 0,
) -> None:
    """End an attempt in the scope of its workspace: the row, a check, the audit log.

    The connection's status stays as it is; the next verification decides that.
    """
    row.finished_at, row.outcome = clock.now(), outcome.name
    row.error, row.detail = error, outcome.detail[:300]
    told = {"finished_at": row.finished_at, "outcome": row.outcome, "detail": row.detail}
    Authorization.objects.filter(pk=row.pk).update(**told, error=error, **_EMPTY)
    actor = author(row)
    Check.objects.create(
        workspace_id=row.workspace_id,
        connection=connection,
        kind=Kind.AUTHORIZATION,
        credential_version=version,
        outcome=outcome.name,
        detail=row.detail,
        status_code=outcome.status_code,
        status_before=connection.status,
        status_after=connection.status,
        actor_id=actor.id,
        actor_name=actor.name,
        duration_ms=outcome.duration_ms,
    )
    act = "connection.authorized" if outcome.is_ok else "connection.authorization_failed"
    details = {"version": version} if outcome.is_ok else {"outcome": outcome.name, "error": error}
    audit.record(connection.workspace, actor=actor, act=act, subject=connection, details=details)


_EMPTY = dict.fromkeys(("verifier_sealed", "answer_sealed", "lease_owner", "lease_expires_at"))


def hint(row: Authorization) -> str:
    """Say what to do about an attempt that came to nothing."""
    told = HINTS.get(row.error, "Connect again.")
    return "" if told in row.detail else told


def forget(connection: Connection, _actor: Actor) -> None:
    """Remove the attempts of a connection that is removed, in the scope of its workspace."""
    Authorization.objects.filter(connection_id=connection.pk).delete()


def forget_verifiers(*, now: datetime) -> int:
    """Destroy what attempts sealed that nobody came back from, in all workspaces."""
    with isolation.everything(reason="authorizations that nobody finished", is_routine=True):
        stale = Authorization.objects.filter(expires_at__lt=now, returned_at=None)
        return int(stale.exclude(verifier_sealed=None).update(verifier_sealed=None))


def _place(row: Authorization, purpose: str) -> dict[str, Any]:
    return {
        "workspace_id": row.workspace_id,
        "table": Authorization._meta.db_table,
        "row": str(row.pk),
        "purpose": purpose,
        "version": 1,
    }
