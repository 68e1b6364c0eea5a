"""Borrowing: opened values for the length of a `with`, masked everywhere else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from connections.credentials import rows
from spojit.lib import redaction
from spojit.lib.errors import Refused
from spojit.lib.secret import Secret
from workspaces import isolation
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connections.credentials.rows import Payload
    from connections.models import Connection, Credential


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


@contextmanager
def borrow(connection: Connection, *, credential: Credential | None = None) -> Iterator[Borrowed]:
    """Open a connection's credential, the one in use or the given one.

    What is borrowed is masked in everything that this context logs or stores, and forgotten when
    the context ends.

    Raises:
        CredentialMissing: there is none.
        CredentialUnreadable: it does not open; only this connection is affected.
    """
    row = credential or _in_use(connection)
    payload = _opened(row)
    with redaction.scope():
        redaction.register(_plaintexts(payload))
        borrowed = Borrowed(payload.values, version=row.version)
        try:
            yield borrowed
        finally:
            borrowed.clear()


def _in_use(connection: Connection) -> Credential:
    with isolation.workspace(connection.workspace_id):
        row = rows.current(connection)
    if row is None or row.sealed is None:
        raise CredentialMissing
    return row


def _opened(row: Credential) -> Payload:
    try:
        return rows.unseal(row)
    except CannotOpen:
        raise CredentialUnreadable from None


def _plaintexts(payload: Payload) -> Iterator[str]:
    for key in payload.secret:
        value = payload.values[key]
        yield value
        if "://" in value and "@" in value:
            yield unquote(urlsplit(value).password or "")
