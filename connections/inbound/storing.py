"""Writes what became of a request: one statement, so that it is there whole or not at all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from connections.inbound import listeners
from spojit.lib import storable
from spojit.lib.ids import new_id
from spojit.lib.redaction import MASK
from workspaces import isolation
from workspaces.vault import keyring

if TYPE_CHECKING:
    from connections.inbound.arriving import Request
    from connections.inbound.checking import Checked
    from connections.inbound.hooks import Found
    from connections.inbound.listeners import Listener
    from connections.inbound.masking import Shown
    from connectors.signatures import Verdict

TABLE = "connections_delivery"
PURPOSE = "body"
MOST_REFUSED_AN_HOUR = 100
"""How many refused deliveries of a connection are listed an hour; the rest are counted."""

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
)
_NAMES = ", ".join(_SHARED)
_VALUES = ", ".join(f"%({name})s" for name in _SHARED)

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
INSERT INTO {TABLE} ({_NAMES}, attempts, verdict, settled_at)
SELECT {_VALUES}, 0, 'refused', %(received_at)s::timestamptz
FROM counted WHERE refused <= {MOST_REFUSED_AN_HOUR}
"""  # noqa: S608 - names of columns


@dataclass(frozen=True, slots=True)
class Stored:
    """What a verified delivery became: its own ID, and that of the first, which is answered for.

    `listeners` are those of that moment, whoever is waited for first.
    """

    id: UUID
    verdict: str
    first_id: UUID
    listeners: tuple[Listener, ...] = ()


def verified(found: Found, request: Request, checked: Checked) -> Stored | None:
    """Store a delivery that was verified: accepted, or a duplicate of one that was.

    None when the hook no longer stands as it was found, and nothing was stored.
    """
    verdict = checked.verdict
    version, key = found.versions[verdict.matched or 0], _key(found, verdict)
    kept = _shared(found, request, checked.reason, checked.headers) | {
        "sender_id": verdict.delivery_id,
        "signed_at": verdict.signed_at,
        "secret_version": version.version,
    }
    delivery_id = kept["id"]
    arguments = [
        *(kept[name] for name in _SHARED),
        sealed(request.body, found.workspace_id, delivery_id),
        key,
        int.from_bytes(key.bytes[:8], signed=True) if key else None,
        request.received_at + timedelta(seconds=verdict.key_seconds),
        version.pk,
        found.status,
    ]
    [(kind, first_id, there)] = isolation.call(found.workspace_id, "hook_take", arguments)
    return Stored(delivery_id, kind, first_id, tuple(listeners.read(there))) if kind else None


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
    }


def _key(found: Found, verdict: Verdict) -> UUID | None:
    if not verdict.key:
        return None
    digest = hashlib.sha256(found.connection_id.bytes + verdict.key.encode()).digest()
    return UUID(bytes=digest[:16])
