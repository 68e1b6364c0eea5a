"""Tokens of a version: sealed for their revision, and replaced in place by one statement."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from connections.credentials import rows
from spojit.lib import clock, redaction
from spojit.lib.ids import new_id
from workspaces import isolation
from workspaces.vault import keyring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from connections.models import Credential

PURPOSE = "tokens"


@dataclass(frozen=True, slots=True)
class Stored:
    """What is sealed: both tokens, and what the service told that templates may name."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    captured: dict[str, str] = field(default_factory=dict, repr=False)

    def to_bytes(self) -> bytes:
        """Write it for sealing."""
        document = [self.access_token, self.refresh_token, self.captured]
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Stored:
        """Read what was sealed."""
        return cls(*json.loads(content))


@dataclass(frozen=True, slots=True)
class Renewal:
    """New tokens, and the moments that go with them.

    Attributes:
        expire_at: when the access token ends; None when it does not, or nobody knows.
        grant_expires_at: when the refresh token dies if it is not used; None when it does not.
        due_at: when to renew next; None for never.
        scopes: what was granted; None when the service does not say, and the older word stays.
    """

    stored: Stored
    issued_at: datetime
    expire_at: datetime | None
    grant_expires_at: datetime | None
    due_at: datetime | None
    scopes: list[str] | None


@dataclass(frozen=True, slots=True)
class Held:
    """An opened version: its fields and what was captured, and apart from them its tokens."""

    values: dict[str, str] = field(repr=False)
    tokens: Stored | None = field(repr=False)


def read(row: Credential) -> Stored | None:
    """Open the tokens of a row, None when it has none. Raises: CannotOpen."""
    if row.tokens is None:
        return None
    return Stored.from_bytes(keyring.open_(bytes(row.tokens), **_place(row, revision=row.revision)))


def seal(row: Credential, stored: Stored, *, revision: int) -> bytes:
    """Seal tokens for exactly this row and revision."""
    return keyring.seal(stored.to_bytes(), **_place(row, revision=revision))


@contextmanager
def held(row: Credential) -> Iterator[Held]:
    """Open a version to renew or revoke its tokens; masked everywhere until the end.

    Raises:
        CannotOpen: something of it does not open.
    """
    payload, stored = rows.unseal(row), read(row)
    with redaction.scope():
        redaction.register(payload.values[key] for key in payload.secret)
        redaction.register(secrets(stored))
        yield Held(payload.values | (stored.captured if stored else {}), stored)


def secrets(stored: Stored | None) -> list[str]:
    """List what must be masked."""
    return [stored.access_token, stored.refresh_token] if stored else []


def put(row: Credential, renewal: Renewal) -> None:
    """Set the first tokens on a row that the caller holds locked, or has not stored, and saves."""
    row.tokens = seal(row, renewal.stored, revision=row.revision + 1)
    row.revision += 1
    row.tokens_issued_at, row.tokens_expire_at = renewal.issued_at, renewal.expire_at
    row.grant_expires_at, row.refresh_due_at = renewal.grant_expires_at, renewal.due_at
    row.granted_scopes = renewal.scopes


def replace(row: Credential, renewal: Renewal) -> bool:
    """Store renewed tokens unless the row has moved on from the revision that it was read with.

    One statement: the tokens, their moments, and the end of the lease. Both tokens of the answer
    are stored, or neither.

    Returns:
        Whether they were stored; not when another revision was faster, or the row was destroyed.
    """
    revision = row.revision + 1
    values = {
        "id": row.pk,
        "revision": row.revision,
        "tokens": seal(row, renewal.stored, revision=revision),
        "issued_at": renewal.issued_at,
        "expire_at": renewal.expire_at,
        "grant_expires_at": renewal.grant_expires_at,
        "due_at": renewal.due_at,
        "scopes": None if renewal.scopes is None else Jsonb(renewal.scopes),
        "counter": new_id(),
        "workspace": row.workspace_id,
        "day": clock.now().date(),
    }
    return bool(isolation.ask(row.workspace_id, _REPLACE, values))


_REPLACE = """
WITH stored AS (
    UPDATE connections_credential SET
        tokens = %(tokens)s, revision = revision + 1, tokens_issued_at = %(issued_at)s,
        tokens_expire_at = %(expire_at)s, grant_expires_at = %(grant_expires_at)s,
        granted_scopes = coalesce(%(scopes)s, granted_scopes), refresh_due_at = %(due_at)s,
        refresh_asked_at = NULL, refresh_owner = NULL, refresh_lease_until = NULL,
        refresh_failures = 0, refresh_failing_since = NULL, refresh_outcome = '',
        refresh_detail = ''
    WHERE id = %(id)s AND revision = %(revision)s AND state IN ('current', 'staged')
    RETURNING connection_id
)
INSERT INTO connections_usecounter
    (id, workspace_id, connection_id, day, calls, failures, refreshes)
SELECT %(counter)s, %(workspace)s, connection_id, %(day)s, 0, 0, 1 FROM stored
ON CONFLICT (workspace_id, connection_id, day)
DO UPDATE SET refreshes = connections_usecounter.refreshes + 1
RETURNING id
"""


def _place(row: Credential, *, revision: int) -> dict[str, Any]:
    return {
        "workspace_id": row.workspace_id,
        "table": rows.TABLE,
        "row": rows.bound_to(row),
        "purpose": PURPOSE,
        "version": revision,
    }
