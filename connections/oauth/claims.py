"""Who renews which tokens: a lease on a version, taken by one statement (design decision 3).

The lease is LEASE_SECONDS (45) long, over a request total of 15 s. `refresh_asked_at` is written
with it, before anything is sent: whoever comes after a killed worker knows that an answer may be
lost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection as database

from connections.models import Credential
from connectors import registry
from spojit.lib import clock
from spojit.lib.ids import new_id
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Collection

    from connectors.manifest import Connector, OAuth2, Scheme

MOST_A_PLACE = 24
"""How many renewals may be under way at one service host, all workers together."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A version that this process alone renews, as it was when the lease began.

    Attributes:
        asked_before_at: since when the answer to an earlier renewal is not known, if it is not.
    """

    row: Credential
    asked_before_at: datetime | None
    connector_key: str
    scheme_key: str

    @property
    def connector(self) -> Connector:
        """What the connector's file says."""
        return registry.get(self.connector_key)

    @property
    def scheme(self) -> Scheme:
        """The scheme whose tokens they are."""
        return self.connector.scheme(self.scheme_key)

    @property
    def oauth2(self) -> OAuth2:
        """How the scheme gets tokens."""
        assert self.scheme.oauth2 is not None
        return self.scheme.oauth2


def claim(row: Credential) -> Claim | None:
    """Take the lease on a version at the revision that the row was read with.

    Returns:
        None when somebody else holds it, it has moved on, it is gone, or it is cooling down.
    """
    found = isolation.ask(row.workspace_id, _ONE, {"id": row.pk, "at": row.revision} | _terms())
    return _claim(found[0]) if found else None


def claim_due(*, most: int, resting: Collection[str] = ()) -> list[Claim]:
    """Take the leases of what is due, the longest waiting first, bounded per service host.

    Hosts take turns, so that one that hangs does not hold all who ask; those that rest are left
    alone.
    """
    terms = _terms() | {"most": most, "most_a_place": MOST_A_PLACE, "resting": list(resting)}
    due = isolation.everything(reason="tokens that are due", is_routine=True)
    with due, database.cursor() as cursor:
        cursor.execute(_DUE, terms)
        found = cursor.fetchall()
    return [_claim(columns) for columns in found]


_COLUMNS = (
    "id",
    "workspace_id",
    "connection_id",
    "purpose",
    "state",
    "version",
    "sealed",
    "tokens",
    "revision",
    "tokens_expire_at",
    "asked_scopes",
    "granted_scopes",
    "app_id",
    "app_client_id",
    "refresh_place",
    "refresh_due_at",
    "refresh_owner",
    "refresh_failures",
)
_FREE = "(c.refresh_lease_until IS NULL OR c.refresh_lease_until < %(now)s)"
_TAKE = f"""
UPDATE connections_credential c
SET refresh_owner = %(owner)s, refresh_lease_until = %(until)s, refresh_asked_at = %(now)s
FROM free JOIN connections_connection n ON n.id = free.connection_id AND n.removed_at IS NULL
WHERE c.id = free.id
RETURNING free.refresh_asked_at, n.connector_id, n.scheme, {", ".join(f"c.{n}" for n in _COLUMNS)}
"""  # noqa: S608 - names of columns
# Waits for whoever writes the row: skipping it would look as if nobody could renew it.
_ONE = f"""
WITH free AS (
    SELECT c.id, c.connection_id, c.refresh_asked_at FROM connections_credential c
    WHERE c.id = %(id)s AND c.revision = %(at)s AND c.state IN ('current', 'staged') AND {_FREE}
      AND (c.refresh_failures = 0 OR c.refresh_due_at <= %(now)s)
    FOR UPDATE
)
{_TAKE}"""  # noqa: S608 - names of columns
_DUE = f"""
WITH busy AS (
    SELECT refresh_place, count(*) AS held FROM connections_credential
    WHERE refresh_lease_until >= %(now)s GROUP BY refresh_place
), waiting AS (
    SELECT c.id, c.refresh_due_at, c.refresh_place,
           row_number() OVER (PARTITION BY c.refresh_place ORDER BY c.refresh_due_at) AS turn
    FROM (
        SELECT c.id, c.refresh_due_at, c.refresh_place FROM connections_credential c
        WHERE c.state = 'current' AND c.refresh_due_at <= %(now)s AND {_FREE}
          AND c.refresh_place <> ALL (%(resting)s::text[])
          AND c.refresh_place NOT IN (SELECT refresh_place FROM busy WHERE held >= %(most_a_place)s)
        ORDER BY c.refresh_due_at LIMIT 1000
    ) c
), free AS (
    SELECT c.id, c.connection_id, c.refresh_asked_at FROM connections_credential c
    WHERE c.id IN (
        SELECT waiting.id FROM waiting LEFT JOIN busy USING (refresh_place)
        WHERE waiting.turn <= %(most_a_place)s - coalesce(busy.held, 0)
        ORDER BY waiting.turn + coalesce(busy.held, 0), waiting.refresh_due_at LIMIT %(most)s
    ) AND {_FREE} AND c.refresh_due_at <= %(now)s
    FOR UPDATE SKIP LOCKED
)
{_TAKE}"""  # noqa: S608 - names of columns


def _terms() -> dict[str, Any]:
    now = clock.now()
    until = now + timedelta(seconds=settings.LEASE_SECONDS)
    return {"now": now, "until": until, "owner": new_id()}


def _claim(columns: tuple[Any, ...]) -> Claim:
    asked_before_at, connector_key, scheme_key, *rest = columns
    row = Credential(**dict(zip(_COLUMNS, rest, strict=True)))
    for name in ("asked_scopes", "granted_scopes"):  # Django's cursors give JSON as text
        text = getattr(row, name)
        setattr(row, name, None if text is None else json.loads(text))
    return Claim(row, asked_before_at, connector_key, scheme_key)
