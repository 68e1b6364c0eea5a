"""Writes what became of a request: one statement, so that it is there whole or not at all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from connections.models.delivery import Origin
from spojit.lib import storable
from spojit.lib.ids import new_id
from spojit.lib.redaction import MASK
from workspaces import isolation
from workspaces.vault import keyring

if TYPE_CHECKING:
    from datetime import datetime

    from connections.inbound.arriving import Request
    from connections.inbound.checking import Checked
    from connections.inbound.hooks import Found
    from connections.inbound.masking import Shown
    from connectors.signatures import Verdict

TABLE = "connections_delivery"
PURPOSE = "body"
MOST_REFUSED_AN_HOUR = 100
"""How many refused deliveries of a connection are listed an hour; the rest are counted."""

USED_EVERY = timedelta(minutes=1)

_SHARED = (
    "id",
    "workspace_id",
    "connection_id",
    "received_at",
    "origin",
    "actor_id",
    "actor_name",
    "address",
    "reason",
    "sender_id",
    "signed_at",
    "secret_version",
    "size",
    "duration_ms",
    "content_type",
    "headers",
    "attempts",
)
_NAMES = ", ".join(_SHARED)
_VALUES = ", ".join(f"%({name})s" for name in _SHARED)

# The key's row is new, or was past its time, when it names this delivery. The lock waits for a
# delivery with the same key that is being stored at this moment; ON CONFLICT sees what it wrote,
# and would not do alone: it knows of one unique index, and the wall is another.
_STORE = f"""
WITH key AS (
    INSERT INTO connections_deliverykey AS k
        (id, workspace_id, connection_id, delivery_id, expires_at)
    SELECT %(key)s, %(workspace_id)s, %(connection_id)s, %(id)s, %(key_until)s
    FROM (SELECT pg_advisory_xact_lock(%(key_lock)s::bigint)) AS held
    WHERE %(key)s::uuid IS NOT NULL
    ON CONFLICT (id) DO UPDATE SET
        delivery_id = CASE WHEN k.expires_at <= %(received_at)s
                           THEN excluded.delivery_id ELSE k.delivery_id END,
        expires_at = CASE WHEN k.expires_at <= %(received_at)s
                          THEN excluded.expires_at ELSE k.expires_at END
    RETURNING delivery_id
), used AS (
    UPDATE connections_credential
    SET last_used_at = %(received_at)s, first_used_at = coalesce(first_used_at, %(received_at)s)
    WHERE %(is_stale)s AND id = %(credential_id)s
), noted AS (
    UPDATE connections_connection SET used_at = %(received_at)s
    WHERE %(is_stale)s AND id = %(connection_id)s
)
INSERT INTO {TABLE} ({_NAMES}, verdict, original_id, sealed, due_at, settled_at)
SELECT {_VALUES},
       CASE WHEN is_new THEN 'accepted' ELSE 'duplicate' END,
       CASE WHEN NOT is_new THEN first_id END,
       CASE WHEN is_new THEN %(sealed)s::bytea END,
       %(received_at)s::timestamptz,
       NULL::timestamptz
FROM (SELECT coalesce(delivery_id, %(id)s) AS first_id,
             coalesce(delivery_id = %(id)s, true) AS is_new
      FROM (SELECT 1) AS one LEFT JOIN key ON true) AS told
RETURNING verdict, original_id
"""  # noqa: S608 - names of columns

# What is refused may be lost in a crash of the database, and holds no thread until it is on disk.
_REFUSE = f"""
SELECT set_config('synchronous_commit', 'off', true);
WITH counted AS (
    INSERT INTO connections_deliverycount AS c (id, workspace_id, connection_id, hour, refused)
    VALUES (%(count_id)s, %(workspace_id)s, %(connection_id)s,
            date_trunc('hour', %(received_at)s::timestamptz), 1)
    ON CONFLICT (workspace_id, connection_id, hour) DO UPDATE SET refused = c.refused + 1
    RETURNING refused
)
INSERT INTO {TABLE} ({_NAMES}, verdict, settled_at)
SELECT {_VALUES}, 'refused', %(received_at)s::timestamptz
FROM counted WHERE refused <= {MOST_REFUSED_AN_HOUR}
"""  # noqa: S608 - names of columns


@dataclass(frozen=True, slots=True)
class Stored:
    """What a verified delivery became: its own ID, and of a duplicate the first one's."""

    id: UUID
    verdict: str
    original_id: UUID | None

    @property
    def first_id(self) -> UUID:
        """The delivery that is answered for."""
        return self.original_id or self.id


def verified(found: Found, request: Request, checked: Checked) -> Stored:
    """Store a delivery that was verified: accepted, or a duplicate of one that was."""
    verdict = checked.verdict
    version, key = found.versions[verdict.matched or 0], _key(found, verdict)
    used_at = version.last_used_at
    parameters = _shared(found, request, checked.reason, checked.headers) | {
        "sender_id": verdict.delivery_id,
        "signed_at": verdict.signed_at,
        "secret_version": version.version,
        "key": key,
        "key_lock": int.from_bytes(key.bytes[:8], signed=True) if key else None,
        "key_until": request.received_at + timedelta(seconds=verdict.key_seconds),
        "is_stale": _is_to_note(request, used_at),
        "credential_id": version.pk,
    }
    parameters["sealed"] = sealed(request.body, found.workspace_id, parameters["id"])
    [(kind, original_id)] = isolation.ask(found.workspace_id, _STORE, parameters)
    return Stored(parameters["id"], kind, original_id)


def refused(found: Found, request: Request, *, reason: str, headers: Shown) -> None:
    """Count a refused delivery, and list it while there are not too many of them this hour."""
    parameters = _shared(found, request, reason, headers) | {"count_id": new_id()}
    isolation.ask(found.workspace_id, _REFUSE, parameters)


def sealed(body: bytes, workspace_id: UUID, delivery_id: UUID) -> bytes:
    """Seal a body for exactly this delivery."""
    return keyring.seal(
        body,
        workspace_id=workspace_id,
        table=TABLE,
        row=str(delivery_id),
        purpose=PURPOSE,
        version=1,
    )


def _shared(found: Found, request: Request, reason: str, headers: Shown) -> dict[str, Any]:
    return {
        "id": new_id(),
        "workspace_id": found.workspace_id,
        "connection_id": found.connection_id,
        "received_at": request.received_at,
        "origin": request.origin,
        "actor_id": request.actor.id if request.actor else None,
        "actor_name": request.actor.name if request.actor else "",
        "address": request.address,
        "reason": reason,
        "sender_id": "",
        "signed_at": None,
        "secret_version": None,
        "size": request.size,
        "duration_ms": request.milliseconds,
        "content_type": storable.text(request.content_type)[:200],
        # A proxy may have said the path in a header, and the token with it.
        "headers": json.dumps(headers).replace(found.token, MASK),
        "attempts": 0,
    }


def _is_to_note(request: Request, used_at: datetime | None) -> bool:
    """Whether the secret's last use is noted; a test of ours says nothing of who still uses it."""
    if request.origin != Origin.SERVICE:
        return False
    return used_at is None or request.received_at - used_at > USED_EVERY


def _key(found: Found, verdict: Verdict) -> UUID | None:
    if not verdict.key:
        return None
    digest = hashlib.sha256(found.connection_id.bytes + verdict.key.encode()).digest()
    return UUID(bytes=digest[:16])
