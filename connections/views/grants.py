"""What pages say of a grant: by whom and for what it was authorized, and how it renews itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connections import credentials
from connections.models import Check
from connections.models.check import Kind
from connectors.outcomes import MEANINGS

if TYPE_CHECKING:
    from datetime import datetime

    from connections.models import Connection, Credential
    from connectors.manifest import OAuth2


def is_connected(connection: Connection) -> bool:
    """Whether anybody ever authorized it."""
    current, staged = credentials.current(connection), credentials.staged(connection)
    return any(row is not None and row.tokens is not None for row in (current, staged))


def unfinished(connection: Connection) -> Credential | None:
    """Find the values that were mended before anybody authorized the connection."""
    staged, current = credentials.staged(connection), credentials.current(connection)
    is_new = current is None or current.tokens is None
    return staged if staged and is_new else None


def context(connection: Connection, current: Credential | None) -> dict[str, Any] | None:
    """Return what is known of the authorization in use; None when there is none."""
    oauth2 = connection.manifest_scheme.oauth2
    if oauth2 is None or current is None or current.tokens is None:
        return None
    granted, asked = current.granted_scopes, current.asked_scopes or []
    return {
        "is_grant": connection.manifest_scheme.is_grant,
        "account": connection.account_name or connection.account_id,
        "by": current.created_by_name,
        "at": authorized_at(connection, current),
        "asked": _described(oauth2, asked),
        "granted": _described(oauth2, granted) if granted is not None else None,
        "refused": [scope for scope in asked if granted is not None and scope not in granted],
        "client_id": current.app_client_id,
    } | _renewal(oauth2, current)


def late_warning(connection: Connection) -> dict[str, str] | None:
    """Warn of tokens whose renewal fails and is tried again; None while all is well."""
    if not connection.manifest_scheme.has_tokens:
        return None
    row = credentials.current(connection)
    if row is None or not row.is_refreshing_late or row.refresh_due_at is None:
        return None
    text = f"{_why_late(row)} It is tried again by itself."
    return {"title": "Refreshing is late.", "text": text.strip()}


def authorized_at(connection: Connection, row: Credential) -> datetime:
    """Say when a version was authorized."""
    rows = Check.objects.filter(
        connection_id=connection.pk, kind=Kind.AUTHORIZATION, credential_version=row.version
    )
    check = rows.filter(outcome="ok").order_by("-at").first()
    moment: datetime = check.at if check else row.created_at
    return moment


def _described(oauth2: OAuth2, scopes: list[str]) -> list[dict[str, str]]:
    labels = {scope.scope: scope.label for scope in oauth2.scopes}
    return [{"scope": scope, "label": labels.get(scope, "")} for scope in scopes]


def _renewal(oauth2: OAuth2, row: Credential) -> dict[str, Any]:
    """Say how the tokens renew themselves, and since when and why that is late."""
    return {
        "renews": oauth2.refresh != "none" or not oauth2.is_authorized_by_person,
        "renewed_at": row.tokens_issued_at,
        "renews_at": row.refresh_due_at,
        "ends_at": row.tokens_expire_at,
        "grant_ends_at": row.grant_expires_at,
        "late_since": row.refresh_failing_since if row.refresh_due_at else None,
        "late_because": _why_late(row),
    }


def _why_late(row: Credential) -> str:
    meaning = MEANINGS.get(row.refresh_outcome)
    return row.refresh_detail or (meaning.sentence if meaning else "")
