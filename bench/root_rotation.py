"""Row 5: re-wrapping the data keys of 10,000 workspaces by another root key."""

from __future__ import annotations

import time

from django.conf import settings
from django.db import connection as database

from bench.measuring import Row
from spojit.lib.ids import new_id
from workspaces import isolation
from workspaces.models import DataKey
from workspaces.vault import keyring, roots, rotation

WORKSPACES = 10_000
ROUNDS = 3
_TOUCH = "UPDATE workspaces_datakey SET rewrapped_at = now(), wrapped = wrapped || ''::bytea"


def measure() -> Row:
    """Compare with one UPDATE of as many rows, the best of three rounds each."""
    _make_keys()
    pairs = [(_timed(_touch), _timed(_rotate)) for _ in range(ROUNDS)]
    floor_ms, ours_ms = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    return Row(
        "Root rotation, 10,000 workspaces",
        floor_ms,
        ours_ms,
        ours_ms / floor_ms,
        target=3.0,
        note=f"{WORKSPACES / ours_ms * 1000:,.0f} keys/s",
    )


def _make_keys() -> None:
    keys = [keyring.make(new_id(), version=1) for _ in range(WORKSPACES)]
    with isolation.everything(reason="bench"):
        DataKey.objects.bulk_create(keys, batch_size=1000)


def _touch() -> None:
    with isolation.everything(reason="bench"), database.cursor() as cursor:
        cursor.execute(_TOUCH)


def _rotate() -> None:
    name = f"bench-{time.time_ns()}"
    settings.ROOT_KEYS = f"{roots.generate_local_root(name)},{settings.ROOT_KEYS}"
    for _ in rotation.rotate_root():
        pass
    with isolation.everything(reason="bench"):
        left = DataKey.objects.exclude(root_key_id=roots.configured().primary.id).count()
    assert left == 0


def _timed(function: object) -> float:
    started = time.perf_counter()
    function()  # type: ignore[operator]
    return (time.perf_counter() - started) * 1000
