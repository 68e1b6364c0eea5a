"""Borrowing: opened values for the length of a `with`, masked everywhere else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from connections.credentials import rows, tokens
from connections.models import Credential
from connections.models.credential import LIVE, State
from spojit.lib import redaction
from spojit.lib.errors import Refused
from spojit.lib.secret import Secret
from workspaces import isolation
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from connections.credentials.rows import Payload
    from connections.models import Connection


class CredentialMissing(Refused):
    """The connection has no credential in that place."""

    code = "credential_missing"
    message = "This connection has no stored credential."
    hint = "Enter it again."


class CredentialUnreadable(Refused):
    """The stored credential does not open; names neither key nor content."""

    code = "credential_unreadable"
    message = "The stored credential could not be opened."
    hint = "Enter it again. Whoever runs this installation should check the root key."


class Borrowed(dict[str, Secret]):
    """Opened values by field name, for as long as the `with` lasts."""

    def __init__(self, values: Mapping[str, str], *, version: int) -> None:
        """Wrap each value; `version` is the credential's."""
        super().__init__({key: Secret(value) for key, value in values.items()})
        self.version = version

    def reveal(self) -> dict[str, str]:
        """Give the plain values, for a request about to be made and nothing else."""
        return {key: value.reveal() for key, value in self.items()}


class Standing(NamedTuple):
    """What may forbid a call: the connection removed, another account, the connector disabled."""

    removed_at: datetime | None
    removed_by_name: str
    name: str
    reason: str
    is_disabled: bool
    disabled_reason: str


class InUse(NamedTuple):
    """A connection's standing, and its credential in use, not opened."""

    standing: Standing
    credential: Credential


@contextmanager
def borrow(connection: Connection, *, credential: Credential | None = None) -> Iterator[Borrowed]:
    """Open a connection's credential, the one in use or the given one.

    What is borrowed is masked in everything that this context logs or stores, and forgotten when
    the context ends.

    Raises:
        CredentialMissing: there is none.
        CredentialUnreadable: it does not open; only this connection is affected.
    """
    row = credential or _sealed(connection)
    if row.sealed is None:
        raise CredentialMissing
    payload = _opened(row)
    with redaction.scope():
        redaction.register(_plaintexts(payload))
        borrowed = Borrowed(_usable(row, payload), version=row.version)
        try:
            yield borrowed
        finally:
            borrowed.clear()


@contextmanager
def borrow_all(versions: Sequence[Credential]) -> Iterator[list[Borrowed]]:
    """Open several versions of one connection at once, as `borrow` does one; in their order.

    Raises:
        CredentialUnreadable: one of them does not open.
    """
    payloads = [_opened(row) for row in versions]
    with redaction.scope():
        redaction.register(text for payload in payloads for text in _plaintexts(payload))
        pairs = zip(versions, payloads, strict=True)
        borrowed = [Borrowed(payload.values, version=row.version) for row, payload in pairs]
        try:
            yield borrowed
        finally:
            for values in borrowed:
                values.clear()


_COLUMNS = (
    "id",
    "version",
    "sealed",
    "tokens",
    "revision",
    "tokens_issued_at",
    "tokens_expire_at",
    "refresh_due_at",
    "refresh_failures",
    "refresh_outcome",
    "refresh_lease_until",
    "purpose",
    "state",
)
READ = ", ".join(f"v.{name}" for name in _COLUMNS).replace("v.version", "coalesce(v.version, 0)")
"""Columns of `connections_credential v`, for `row_of`; also when there is none."""

_SEALED = f"""
SELECT {READ} FROM connections_credential v
WHERE v.connection_id = %(connection)s AND v.purpose = %(purpose)s AND v.state = %(state)s
"""  # noqa: S608 - names of columns
_AGAIN = f"""
SELECT {READ} FROM connections_credential v WHERE v.id = %(id)s AND v.sealed IS NOT NULL
"""  # noqa: S608 - names of columns
_IN_USE = f"""
SELECT c.removed_at, c.removed_by_name, c.name, c.reason, k.is_disabled, k.disabled_reason,
       {READ}
FROM connections_connection c
JOIN connectors_connector k ON k.key = c.connector_id
LEFT JOIN connections_credential v
       ON v.connection_id = c.id AND v.purpose = %(purpose)s AND v.state = %(state)s
WHERE c.id = %(connection)s
"""  # noqa: S608 - names of columns


def in_use(connection: Connection) -> InUse:
    """Read the credential in use, still sealed, and how the connection stands, in one question.

    `loading.load` reads the connection besides.

    Raises:
        CredentialMissing: there is no such connection.
    """
    found = _first(connection, _IN_USE)
    stands = len(Standing._fields)
    return InUse(Standing(*found[:stands]), row_of(connection, found[stands:]))


def again(row: Credential) -> Credential:
    """Read a version again, still sealed.

    Raises:
        CredentialMissing: it is gone, or destroyed.
    """
    found = isolation.ask(row.workspace_id, _AGAIN, {"id": row.pk})
    if not found:
        raise CredentialMissing
    return _credential(row.workspace_id, row.connection_id, found[0])


def _sealed(connection: Connection) -> Credential:
    return row_of(connection, _first(connection, _SEALED))


def _first(connection: Connection, question: str) -> tuple[Any, ...]:
    asked = {"connection": connection.pk, "purpose": LIVE, "state": State.CURRENT.value}
    found = isolation.ask(connection.workspace_id, question, asked)
    if not found:
        raise CredentialMissing
    return found[0]


def row_of(connection: Connection, columns: tuple[Any, ...]) -> Credential:
    """Make a credential of a connection out of the columns that `READ` names."""
    return _credential(connection.workspace_id, connection.pk, columns)


_NAMES = (*_COLUMNS, "workspace_id", "connection_id")
_LOADED = [field.attname for field in Credential._meta.concrete_fields if field.attname in _NAMES]
_PLACES = [_NAMES.index(name) for name in _LOADED]


def _credential(
    workspace_id: uuid.UUID, connection_id: uuid.UUID, columns: tuple[Any, ...]
) -> Credential:
    """Make a row of just what was read: its other columns are not loaded, and cost nothing."""
    values = (*columns, workspace_id, connection_id)
    return Credential.from_db("default", _LOADED, [values[place] for place in _PLACES])


def _opened(row: Credential) -> Payload:
    try:
        return rows.unseal(row)
    except CannotOpen:
        raise CredentialUnreadable from None


def _usable(row: Credential, payload: Payload) -> dict[str, str]:
    """Give the fields and, where there are tokens, what a request needs of them."""
    if row.tokens is None:
        return payload.values
    stored = _stored(row)
    redaction.register(tokens.secrets(stored))
    return payload.values | stored.captured | {"access_token": stored.access_token}


def _stored(row: Credential) -> tokens.Stored:
    try:
        stored = tokens.read(row)
    except CannotOpen:
        raise CredentialUnreadable from None
    assert stored is not None
    return stored


def _plaintexts(payload: Payload) -> Iterator[str]:
    for key in payload.secret:
        value = payload.values[key]
        yield value
        if "://" in value and "@" in value:
            yield unquote(urlsplit(value).password or "")
