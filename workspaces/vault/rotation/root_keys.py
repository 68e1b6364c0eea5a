"""Wraps data keys again by the primary root key, while the app runs.

May be stopped at any moment and begun again: what is done is found by the root key's name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import structlog
from django.db import connection
from django.db.models import Count

from spojit.lib.ids import LEAST
from workspaces import isolation
from workspaces.models import DataKey
from workspaces.vault import roots
from workspaces.vault.keyring import wrapping_context
from workspaces.vault.roots import UnknownRoot, WrongRoot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workspaces.vault.roots import Roots

log = structlog.get_logger(__name__)

BATCH_SIZE = 2000
# Held while a batch is written, so that two rotations never wait for each other's rows.
_LOCK = 0x53706F6A69740001
# IDs travel as text and keys as hex in one string each: driver types cost more than the update.
_READ = """SELECT id::text, workspace_id::text, root_key_id, wrapped FROM workspaces_datakey
WHERE root_key_id <> %s AND id > %s ORDER BY id LIMIT %s"""
_WRITE = """UPDATE workspaces_datakey AS stored
SET wrapped = fresh.wrapped, root_key_id = %s, rewrapped_at = now()
FROM (
    SELECT id::uuid, decode(wrapped, 'hex') AS wrapped
    FROM unnest(string_to_array(%s, ','), string_to_array(%s, ',')) AS given (id, wrapped)
) AS fresh
WHERE stored.id = fresh.id AND stored.root_key_id <> %s"""


@dataclass(slots=True)
class Progress:
    """How far a rotation of the root key is.

    Attributes:
        done: data keys that are now wrapped by the primary.
        unreadable: data keys that no configured root key unwraps; they stay as they are.
        left: how many are still wrapped by each other root key, by its name.
    """

    done: int = 0
    unreadable: int = 0
    left: Counter[str] = field(default_factory=Counter)


class _Row(NamedTuple):
    id: str
    workspace_id: str
    root_key_id: str
    wrapped: bytes


def count_left() -> Counter[str]:
    """Count the data keys that another root key than the primary wraps, by its name."""
    primary = roots.configured().primary.id
    with isolation.everything(reason="rotation of the root key"):
        rows = DataKey.objects.exclude(root_key_id=primary).values_list("root_key_id")
        return Counter(dict(rows.annotate(Count("pk"))))


def rotate_root(*, batch_size: int = BATCH_SIZE) -> Iterator[Progress]:
    """Wrap every data key by the primary root key; yields after each batch and at the end.

    Nothing is asked of a root key inside a transaction, and readers are never held up: the data
    key itself stays the same, so both wrappings are good until the row is replaced.

    Raises:
        RootUnavailable: the service that holds a root key did not answer; run it again.
    """
    known, progress, last = roots.configured(), Progress(left=count_left()), str(LEAST)
    while rows := _read(known, after=last, limit=batch_size):
        last = rows[-1].id
        fresh = {row.id: wrapped for row in rows if (wrapped := _rewrap(row, known))}
        _write(known, fresh)
        progress.done += len(fresh)
        progress.unreadable += len(rows) - len(fresh)
        progress.left.subtract(row.root_key_id for row in rows if row.id in fresh)
        yield progress
    progress.left = count_left()
    yield progress


def _read(known: Roots, *, after: str, limit: int) -> list[_Row]:
    with isolation.everything(reason="rotation of the root key"), connection.cursor() as cursor:
        cursor.execute(_READ, [known.primary.id, after, limit])
        return [_Row(*row) for row in cursor.fetchall()]


def _rewrap(row: _Row, known: Roots) -> bytes | None:
    context = wrapping_context(row.workspace_id, row.id)
    try:
        plain = known.get(row.root_key_id).unwrap(bytes(row.wrapped), context=context)
    except (UnknownRoot, WrongRoot) as refusal:
        log.error(  # noqa: TRY400 - the refusal says it all
            "A data key could not be unwrapped",
            data_key_id=row.id,
            root_key_id=row.root_key_id,
            reason=refusal.code,
        )
        return None
    return known.primary.wrap(plain, context=context)


def _write(known: Roots, fresh: dict[str, bytes]) -> None:
    if not fresh:
        return
    primary = known.primary.id
    with isolation.everything(reason="rotation of the root key"), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        keys = ",".join([wrapped.hex() for wrapped in fresh.values()])
        cursor.execute(_WRITE, [primary, ",".join(fresh), keys, primary])
