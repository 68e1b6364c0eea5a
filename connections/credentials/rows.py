"""Rows of credentials: finding them, and sealing and opening what they hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Max

from connections.models import Connection, Credential
from connections.models.credential import LIVE, State
from connectors import hosts, oauth, templates
from spojit.lib import clock
from spojit.lib.ids import new_id
from workspaces.vault import keyring
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from connectors.manifest import Scheme
    from workspaces.audit import Actor

TABLE = "connections_credential"
PURPOSE = "credential"


@dataclass(frozen=True, slots=True)
class Payload:
    """What is sealed: every value by field, and which of them are secret."""

    values: dict[str, str]
    secret: frozenset[str]

    def to_bytes(self) -> bytes:
        """Write it for sealing."""
        document = {"values": self.values, "secret": sorted(self.secret)}
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Payload:
        """Read what was sealed."""
        document = json.loads(content)
        return cls(values=document["values"], secret=frozenset(document["secret"]))


EMPTY = Payload({}, frozenset())


def current(connection: Connection) -> Credential | None:
    """Find the credential in use, in the workspace's scope."""
    return find(connection, State.CURRENT)


def staged(connection: Connection) -> Credential | None:
    """Find the credential that waits for its verification, in the workspace's scope."""
    return find(connection, State.STAGED)


def previous(connection: Connection) -> Credential | None:
    """Find the credential that can be restored, in the workspace's scope."""
    return find(connection, State.PREVIOUS)


def find(connection: Connection, state: State) -> Credential | None:
    """Find the version in a state; there is at most one, but for destroyed ones."""
    rows = Credential.objects.filter(connection_id=connection.pk, purpose=LIVE, state=state)
    row: Credential | None = rows.order_by("-version").first()
    return row


def new(connection: Connection, *, actor: Actor, expires_on: date | None) -> Credential:
    """Begin the next version, not yet stored."""
    newest = Credential.objects.filter(connection_id=connection.pk).aggregate(Max("version"))
    return Credential(
        id=new_id(),
        workspace_id=connection.workspace_id,
        connection=connection,
        version=(newest["version__max"] or 0) + 1,
        created_by_id=actor.id,
        created_by_name=actor.name,
        expires_on=expires_on,
    )


def fill(
    row: Credential, scheme: Scheme, values: Mapping[str, str], *, kept: Mapping[str, Any]
) -> None:
    """Seal values into a row, and copy what is no secret for pages.

    Args:
        row: a version not yet stored.
        scheme: says which fields are secret.
        values: every value by field.
        kept: for fields whose value is not new, what the older version says of them.
    """
    payload = Payload(dict(values), scheme.secret_keys & values.keys())
    row.sealed = seal(row, payload)
    row.shown = {key: value for key, value in values.items() if key not in payload.secret}
    row.fields = describe(row, values.keys()) | dict(kept)
    row.refresh_place = _token_place(scheme, values)


def _token_place(scheme: Scheme, values: Mapping[str, str]) -> str:
    """Say where tokens are asked for; empty when there are none, or the service has yet to say."""
    try:
        return oauth.token_place(scheme, values) if scheme.has_tokens else ""
    except (hosts.BadServiceUrl, templates.Unfilled):
        return ""


def describe(row: Credential, keys: Collection[str]) -> dict[str, dict[str, str | None]]:
    """Say of fields that they were set with this version."""
    told = {
        "set_at": row.created_at.isoformat(),
        "set_by_id": str(row.created_by_id) if row.created_by_id else None,
        "set_by_name": row.created_by_name,
    }
    return dict.fromkeys(keys, told)


def seal(row: Credential, payload: Payload) -> bytes:
    """Seal a payload for exactly this row and version."""
    return keyring.seal(
        payload.to_bytes(),
        workspace_id=row.workspace_id,
        table=TABLE,
        row=bound_to(row),
        purpose=PURPOSE,
        version=row.version,
    )


def unseal(row: Credential) -> Payload:
    """Open what a row holds. Raises: CannotOpen, as `workspaces.vault` does."""
    if row.sealed is None:
        return EMPTY
    content = keyring.open_(
        bytes(row.sealed),
        workspace_id=row.workspace_id,
        table=TABLE,
        row=bound_to(row),
        purpose=PURPOSE,
        version=row.version,
    )
    return Payload.from_bytes(content)


def public_values(row: Credential) -> dict[str, str]:
    """Return what is no secret from what is sealed, to begin a form with; nothing if it is shut.

    Not `shown`, the clear copy: who can change that would have a new secret sent to their host.
    """
    try:
        payload = unseal(row)
    except CannotOpen:
        return {}
    return {key: value for key, value in payload.values.items() if key not in payload.secret}


def destroyed() -> dict[str, Any]:
    """Say what a destroyed row's columns become."""
    return {
        "state": State.DESTROYED,
        "sealed": None,
        "shown": {},
        "fields": {},
        "outcome_detail": "",
        "found_account_id": "",
        "found_account_name": "",
        "destroyed_at": clock.now(),
        "tokens": None,
        "asked_scopes": None,
        "granted_scopes": None,
        "app_client_id": "",
        "refresh_due_at": None,
        "refresh_owner": None,
        "refresh_lease_until": None,
        "refresh_detail": "",
    }


def bound_to(row: Credential) -> str:
    """Say which row a sealed value belongs to: its connection, itself, and its purpose."""
    return f"{row.connection_id}/{row.pk}/{row.purpose}"
