"""The data keys of workspaces and of the platform: made on demand, wrapped by a root key.

Seals and opens what belongs to a workspace; callers never hold a key.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, cast
from uuid import UUID

import structlog
from django.db import connection
from django.db.models import BooleanField, Count, Max, Value
from django.db.models.expressions import RawSQL

from spojit.lib.errors import SpojitError
from spojit.lib.ids import new_id
from workspaces import isolation
from workspaces.models import DataKey
from workspaces.models.data_key import PLATFORM
from workspaces.vault import envelope, roots
from workspaces.vault.cache import ExpiringCache
from workspaces.vault.envelope import CannotOpen, Context, DataKeyMaterial
from workspaces.vault.roots import UnknownRoot, WrongRoot

if TYPE_CHECKING:
    from workspaces.models import Workspace

log = structlog.get_logger(__name__)

__all__ = ["CannotOpen", "RootKeysRefused", "check_canary", "destroy", "forget", "open_", "seal"]


class RootKeysRefused(SpojitError):
    """The configured root keys do not fit this database; the message is one clear line."""

    code = "root_keys_refused"


class _Place(NamedTuple):
    owner_id: UUID
    key_id: UUID


_PLATFORM = str(PLATFORM)
_MISSING_HINT = "Add them to ROOT_KEYS or ROOT_KMS_KEYS, behind the first one."

_keys: ExpiringCache[DataKeyMaterial] = ExpiringCache()
_current: ExpiringCache[DataKeyMaterial] = ExpiringCache()

# Whether this very transaction wrote the row, so that it may yet be rolled back.
_MAY_VANISH = """coalesce(
    age(workspaces_datakey.xmin) <= age(pg_current_xact_id_if_assigned()::xid), false)"""


class _Stored(NamedTuple):
    """A row of `DataKey`, and whether it may yet be rolled back."""

    id: UUID
    workspace_id: UUID
    root_key_id: str
    wrapped: bytes
    may_vanish: bool


def seal(
    plaintext: bytes,
    *,
    workspace_id: UUID | None,
    table: str,
    row: str,
    purpose: str,
    version: int,
) -> bytes:
    """Seal a value with the current data key of a workspace, or of the platform (None).

    Works in any scope, in a transaction or without, and leaves the scope as it was.

    Raises:
        RootUnavailable, UnknownRoot, WrongRoot: the data key could not be unwrapped.
    """
    context = Context(workspace_id, table, row, purpose, version)
    return envelope.seal(plaintext, key=current(_owner(workspace_id)), context=context)


def open_(
    sealed: bytes,
    *,
    workspace_id: UUID | None,
    table: str,
    row: str,
    purpose: str,
    version: int,
) -> bytes:
    """Open a value that was sealed for exactly this place.

    Raises:
        CannotOpen: it was altered or copied from elsewhere, or its key is gone or unreadable.
        RootUnavailable: the service that holds the root key did not answer; try again later.
    """
    owner_id = _owner(workspace_id)
    context = Context(workspace_id, table, row, purpose, version)
    return envelope.open_(sealed, key_for=lambda key_id: key(owner_id, key_id), context=context)


def destroy(workspace: Workspace | UUID) -> int:
    """Delete every data key of a workspace: nothing that was sealed for it opens again.

    Other processes may hold the keys for another minute. Returns how many keys there were.
    """
    workspace_id = workspace if isinstance(workspace, UUID) else workspace.pk
    with isolation.workspace(workspace_id):
        count, _ = DataKey.objects.filter(workspace_id=workspace_id).delete()
    forget(workspace_id)
    return count


def forget(owner_id: UUID | None = None) -> None:
    """Drop the unwrapped keys of one owner, or all of them, from this process."""
    _keys.drop(lambda place: owner_id in {None, cast("_Place", place).owner_id})
    _current.drop(lambda owner: owner_id in {None, owner})


def check_canary() -> None:
    """Make sure at start-up that the configured root keys open the data keys of this database.

    Unwraps one data key of each root key; the platform's own is made when there is none.

    Raises:
        RootKeysRefused: one clear line that says which root key is wrong or missing.
        RootUnavailable: the service that holds a root key did not answer.
    """
    with isolation.everything(reason="start-up check of the root keys", is_routine=True):
        counts = dict(DataKey.objects.values_list("root_key_id").annotate(Count("pk")))
        samples = [_sample(root_key_id) for root_key_id in sorted(counts)]
    known = roots.configured().by_id
    if missing := {root: count for root, count in sorted(counts.items()) if root not in known}:
        raise RootKeysRefused(_missing(missing), hint=_MISSING_HINT)
    for sample in samples:
        _check(sample)
    current(PLATFORM)


def current(owner_id: UUID) -> DataKeyMaterial:
    """Give the key that seals now, making it when there is none.

    Raises:
        RootUnavailable, UnknownRoot, WrongRoot: it could not be unwrapped.
    """
    if found := _current.get(owner_id):
        return found
    row = _find(owner_id, is_current=True) or _make_first(owner_id)
    material = _unwrapped(row)
    if not row.may_vanish:
        _current.put(owner_id, material)
    return material


def key(owner_id: UUID, key_id: UUID) -> DataKeyMaterial:
    """Give the key with this ID, provided it is this owner's.

    Raises:
        CannotOpen: it is gone, another owner's, or its root key is missing or wrong.
        RootUnavailable: the service that holds the root key did not answer.
    """
    if found := _keys.get(_Place(owner_id, key_id)):
        return found
    row = _find(owner_id, pk=key_id)
    if row is None:
        raise CannotOpen
    try:
        return _unwrapped(row)
    except (UnknownRoot, WrongRoot) as refusal:
        log.error(  # noqa: TRY400 - the refusal says it all
            "A data key could not be unwrapped",
            data_key_id=str(key_id),
            root_key_id=row.root_key_id,
            reason=refusal.code,
        )
        raise CannotOpen from None


def make(owner_id: UUID, *, version: int) -> DataKey:
    """Prepare a new data key, not stored; this may call the service that holds the root key.

    Raises:
        RootUnavailable: that service did not answer.
    """
    root, key_id = roots.configured().primary, new_id()
    wrapped = root.wrap(os.urandom(envelope.KEY_BYTES), context=wrapping_context(owner_id, key_id))
    return DataKey(
        id=key_id, workspace_id=owner_id, version=version, root_key_id=root.id, wrapped=wrapped
    )


def wrapping_context(owner_id: UUID | str, key_id: UUID | str) -> dict[str, str]:
    """Say what a wrapped data key is bound to: its owner and its own ID."""
    owner = str(owner_id)
    return {"workspace": "platform" if owner == _PLATFORM else owner, "data_key": str(key_id)}


def _owner(workspace_id: UUID | None) -> UUID:
    return PLATFORM if workspace_id is None else workspace_id


def _sample(root_key_id: str) -> _Stored:
    """Take the platform's key, or else the first one, of those that a root key wrapped."""
    rows = DataKey.objects.filter(root_key_id=root_key_id).order_by("workspace_id", "version")
    sample = rows.annotate(may_vanish=Value(value=True)).values_list(*_Stored._fields)[0]
    return _Stored(*sample)


def _check(sample: _Stored) -> None:
    try:
        _unwrap(sample)
    except WrongRoot as wrong:
        raise RootKeysRefused(
            f"The root key {sample.root_key_id!r} is not the one that sealed this database.",
            hint=wrong.hint,
        ) from None


def _missing(counts: dict[str, int]) -> str:
    names = ", ".join(f"{root!r} ({count})" for root, count in counts.items())
    return f"Data keys are wrapped by root keys that are not configured here: {names}."


def _find(owner_id: UUID, **lookup: object) -> _Stored | None:
    with isolation.workspace(owner_id):
        return _read(owner_id, **lookup)


def _read(owner_id: UUID, **lookup: object) -> _Stored | None:
    may_vanish = RawSQL(_MAY_VANISH, [], output_field=BooleanField())  # noqa: S611 - a constant
    rows = DataKey.objects.filter(workspace_id=owner_id, **lookup)
    found = rows.annotate(may_vanish=may_vanish).values_list(*_Stored._fields).first()
    return _Stored(*found) if found else None


def _make_first(owner_id: UUID) -> _Stored:
    """Store a key unless another process was faster; the database keeps one current per owner."""
    row = make(owner_id, version=1)
    with isolation.workspace(owner_id):
        rows = DataKey.objects.filter(workspace_id=owner_id)
        row.version += rows.aggregate(newest=Max("version"))["newest"] or 0
        DataKey.objects.bulk_create([row], ignore_conflicts=True)
        found = _read(owner_id, is_current=True)
    if found is None:
        raise DataKey.DoesNotExist
    return found._replace(may_vanish=found.may_vanish and connection.in_atomic_block)


def _unwrapped(row: _Stored) -> DataKeyMaterial:
    """Unwrap a stored key, and keep it for a minute unless its row may vanish."""
    place = _Place(row.workspace_id, row.id)
    if found := _keys.get(place):
        return found
    material = _unwrap(row)
    if not row.may_vanish:
        _keys.put(place, material)
    return material


def _unwrap(row: _Stored) -> DataKeyMaterial:
    root = roots.configured().get(row.root_key_id)
    context = wrapping_context(row.workspace_id, row.id)
    return DataKeyMaterial(id=row.id, key=root.unwrap(bytes(row.wrapped), context=context))
