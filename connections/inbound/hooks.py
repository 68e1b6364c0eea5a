"""The addresses of webhook connections: made, shown, and found by the hash of their token."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings

from connections.credentials import CredentialUnreadable
from connections.models import Credential, Hook
from spojit.lib import clock
from spojit.lib.ids import new_id, new_token
from workspaces import isolation
from workspaces.vault import keyring
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    import uuid

    from connections.models import Connection

TABLE = "connections_hook"
PURPOSE = "token"
PATH = "/hooks/"
LONGEST_TOKEN = 100
MOST_REMEMBERED = 1_000

_COLUMNS = ("id", "version", "sealed", "purpose", "state", "last_used_at")


@dataclass(frozen=True, slots=True)
class Found:
    """A hook that exists: whose it is, how it stands, and its live versions, newest first."""

    workspace_id: uuid.UUID
    connection_id: uuid.UUID
    connector_key: str
    scheme_key: str
    status: str
    is_disabled: bool
    versions: tuple[Credential, ...]
    token: str = field(repr=False)


_remembered: dict[str, Found] = {}


def make(connection: Connection) -> Hook:
    """Give a new webhook connection its address, in the workspace's scope."""
    token = new_token()
    row = Hook(
        id=new_id(),
        workspace_id=connection.workspace_id,
        connection=connection,
        token_hash=hashed(token),
    )
    row.token_sealed = keyring.seal(
        token.encode(),
        workspace_id=row.workspace_id,
        table=TABLE,
        row=str(row.pk),
        purpose=PURPOSE,
        version=1,
    )
    row.save(force_insert=True)
    return row


def url_of(connection: Connection) -> str:
    """Return the address that is pasted into the service; who has it may send, but not sign.

    Raises:
        CredentialUnreadable: the sealed token does not open.
    """
    return f"{settings.PUBLIC_URL}{PATH}{token_of(connection)}"


def token_of(connection: Connection) -> str:
    """Open the token of a connection's hook.

    Raises:
        CredentialUnreadable: it does not open.
    """
    with isolation.workspace(connection.workspace_id):
        row = Hook.objects.get(connection_id=connection.pk)
    try:
        content = keyring.open_(
            bytes(row.token_sealed),
            workspace_id=row.workspace_id,
            table=TABLE,
            row=str(row.pk),
            purpose=PURPOSE,
            version=1,
        )
    except CannotOpen:
        raise CredentialUnreadable from None
    return content.decode()


def remember(token: str, found: Found) -> None:
    """Keep what was found, for the next delivery; storing that makes sure that it still holds."""
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[hashed(token)] = found


def remembered(token: str) -> Found | None:
    """Give what is remembered of a hook."""
    return _remembered.get(hashed(token))


def forget(token: str) -> None:
    """Forget a hook: it has changed, or somebody sends what does not fit."""
    _remembered.pop(hashed(token), None)


def find(token: str) -> Found | None:
    """Find whose hook this is, with the sealed secrets, in one question."""
    found = isolation.call(None, "hook_find", [hashed(token), clock.now()])
    if not found:
        return None
    workspace_id, connection_id, connector_key, scheme_key, status, is_disabled = found[0][:6]
    versions = tuple(_version(row) for row in found if row[6] is not None)
    return Found(
        workspace_id,
        connection_id,
        connector_key,
        scheme_key,
        status,
        is_disabled,
        versions=versions,
        token=token,
    )


def hashed(token: str) -> str:
    """Return what a token is found by: with 256 random bits, a plain hash tells nothing of it."""
    return hashlib.sha256(token[:LONGEST_TOKEN].encode(errors="replace")).hexdigest()


_NAMES = (*_COLUMNS, "workspace_id", "connection_id")
_LOADED = [field.attname for field in Credential._meta.concrete_fields if field.attname in _NAMES]
_PLACES = [_NAMES.index(name) for name in _LOADED]


def _version(row: tuple[object, ...]) -> Credential:
    values = (*row[6:], row[0], row[1])
    return Credential.from_db("default", _LOADED, [values[place] for place in _PLACES])
