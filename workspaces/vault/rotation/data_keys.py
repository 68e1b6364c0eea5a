"""Seals a workspace's content again with a new data key, while the app runs.

May be stopped at any moment and begun again: what is done is found by the key's ID, which every
sealed value carries. An old key stays until nothing carries its ID and nobody can still use it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.db import connection
from django.db.models import BinaryField, QuerySet
from django.db.models.functions import Substr

from spojit.lib import clock
from spojit.lib.ids import LEAST
from workspaces import isolation
from workspaces.models import DataKey
from workspaces.vault import envelope, keyring
from workspaces.vault.envelope import CannotOpen
from workspaces.vault.rotation import sealed_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from uuid import UUID

    from django.db.models import Model

    from workspaces.models import Workspace
    from workspaces.vault.rotation.sealed_columns import SealedColumn

log = structlog.get_logger(__name__)

BATCH_SIZE = sealed_columns.MOST_AT_ONCE
# Longer than a key stays cached (60 s) plus any request or task that may seal with it.
RETIRE_AFTER = timedelta(minutes=5)
# Rows that others hold locked are left out, and looked for again this often.
PASSES = 5
PAUSE_SECONDS = 0.2


@dataclass(slots=True)
class Resealing:
    """How far the rotation of a workspace's data key is.

    Attributes:
        done: values that were sealed again.
        unreadable: values that did not open; they stay as they are, and so does their key.
        left: values that an old key still seals, the unreadable ones among them.
        retired: old keys that were deleted.
        retire_at: when old keys that seal nothing any more may be deleted; None when there are
            none of them.
    """

    done: int = 0
    unreadable: int = 0
    left: int = 0
    retired: int = 0
    retire_at: datetime | None = None


def rotate_data_key(
    workspace: Workspace,
    *,
    new_key: bool = True,
    batch_size: int = BATCH_SIZE,
    now: Callable[[], datetime] = clock.now,
) -> Iterator[Resealing]:
    """Make a new data key, seal everything with it, and delete old keys that are done with.

    Yields after each batch and at the end.

    Args:
        workspace: whose content it is.
        new_key: False goes on with a rotation that was stopped.
        batch_size: values in one transaction, at most; fewer where they are long.
        now: tells the time.

    Raises:
        UnregisteredColumn: there is a sealed column that this would forget; nothing was changed.
        RootUnavailable, UnknownRoot, WrongRoot: the root key did not help; run it again.
    """
    sealed_columns.refuse_unregistered()
    if new_key:
        _make_current(workspace.pk)
    current = _current(workspace.pk)
    progress = Resealing()
    for column in sealed_columns.registered():
        yield from _reseal(column, workspace.pk, current, batch_size, progress)
    _retire(workspace.pk, current, now(), progress)
    yield progress


def _make_current(workspace_id: UUID) -> None:
    """Put a new key in front, made before the transaction opens: a root may be a service."""
    newest = max(_versions(workspace_id), default=0)
    row = keyring.make(workspace_id, version=newest + 1)
    with isolation.workspace(workspace_id):
        rows = DataKey.objects.select_for_update().filter(workspace_id=workspace_id)
        if newest == max((key.version for key in rows), default=0):
            rows.filter(is_current=True).update(is_current=False)
            row.save(force_insert=True)
    keyring.forget(workspace_id)


def _versions(workspace_id: UUID) -> list[int]:
    with isolation.workspace(workspace_id):
        rows = DataKey.objects.filter(workspace_id=workspace_id)
        return list(rows.values_list("version", flat=True))


def _current(workspace_id: UUID) -> DataKey:
    """Find the current key's row, and unwrap it and the old ones while no transaction is open."""
    keyring.current(workspace_id)
    with isolation.workspace(workspace_id):
        keys: list[DataKey] = list(
            DataKey.objects.filter(workspace_id=workspace_id).order_by("version")
        )
    for old in keys:
        _warm(old)
    return next(key for key in keys if key.is_current)


def _warm(row: DataKey) -> None:
    try:
        keyring.key(row.workspace_id, row.pk)
    except CannotOpen:
        log.warning("An old data key stays: it cannot be unwrapped", data_key_id=str(row.pk))


def _reseal(
    column: SealedColumn, workspace_id: UUID, current: DataKey, size: int, progress: Resealing
) -> Iterator[Resealing]:
    size = min(size, column.most_at_once)
    for attempt in range(PASSES):
        time.sleep(PAUSE_SECONDS if attempt else 0)
        unreadable, last = 0, LEAST
        while found := _reseal_batch(column, workspace_id, current, after=last, limit=size):
            last, done, broken = found
            progress.done += done
            unreadable += broken
            yield progress
        left = _count_left(column, workspace_id, current)
        if left == unreadable:
            break
    progress.unreadable += unreadable
    progress.left += left


def _reseal_batch(
    column: SealedColumn, workspace_id: UUID, current: DataKey, *, after: UUID, limit: int
) -> tuple[UUID, int, int] | None:
    """Seal the next rows again; returns the last row's ID, how many were done and how many not."""
    with isolation.workspace(workspace_id):
        stale = _sealed(column, workspace_id).exclude(key_id=current.pk.bytes)
        after_last = stale.filter(pk__gt=after).order_by("pk")
        rows = list(after_last.select_for_update(skip_locked=True, of=("self",))[:limit])
        fresh = {row.pk: sealed for row in rows if (sealed := _resealed(column, row))}
        _write(column, workspace_id, fresh)
    return (rows[-1].pk, len(fresh), len(rows) - len(fresh)) if rows else None


def _count_left(column: SealedColumn, workspace_id: UUID, current: DataKey) -> int:
    with isolation.workspace(workspace_id):
        return _sealed(column, workspace_id).exclude(key_id=current.pk.bytes).count()


def _sealed(column: SealedColumn, workspace_id: UUID) -> QuerySet[Model]:
    """Select the rows that hold a sealed value, by `key_id` of its key; needs the scope."""
    rows: QuerySet[Model] = QuerySet(column.model).filter(workspace_id=workspace_id)
    at = len(envelope.FORMAT) + 1
    key_id = Substr(column.column, at, 16, output_field=BinaryField())
    keyed: QuerySet[Model] = rows.exclude(**{column.column: None}).alias(key_id=key_id)
    return keyed


def _resealed(column: SealedColumn, row: Any) -> bytes | None:
    place = column.place(row)
    try:
        plaintext = keyring.open_(bytes(getattr(row, column.column)), **place)
    except CannotOpen:
        log.warning("A sealed value stays as it is: it does not open", row_id=str(row.pk))
        return None
    return keyring.seal(plaintext, **place)


def _write(column: SealedColumn, workspace_id: UUID, fresh: dict[UUID, bytes]) -> None:
    quote, meta = connection.ops.quote_name, column.model._meta
    statement = f"""UPDATE {quote(meta.db_table)} AS stored
        SET {quote(column.column)} = fresh.sealed
        FROM unnest(%s::uuid[], %s::bytea[]) AS fresh (id, sealed)
        WHERE stored.id = fresh.id AND stored.workspace_id = %s"""  # noqa: S608 - names of columns
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(fresh), list(fresh.values()), workspace_id])


def _retire(workspace_id: UUID, current: DataKey, now: datetime, progress: Resealing) -> None:
    retire_at = current.created_at + RETIRE_AFTER
    with isolation.workspace(workspace_id):
        for old in DataKey.objects.filter(workspace_id=workspace_id, is_current=False):
            if _is_in_use(old):
                continue
            if now >= retire_at:
                old.delete()
                progress.retired += 1
            else:
                progress.retire_at = retire_at
    keyring.forget(workspace_id)


def _is_in_use(old: DataKey) -> bool:
    columns = sealed_columns.registered()
    return any(
        _sealed(column, old.workspace_id).filter(key_id=old.pk.bytes).exists() for column in columns
    )
