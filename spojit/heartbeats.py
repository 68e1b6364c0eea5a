"""When the last sweep was done: it proves a scheduler that announces and a worker that works."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from celery.signals import task_success
from django.core.cache import cache

from spojit.lib import clock

KEY = "last_sweep_at"
KEPT_SECONDS = 7 * 24 * 3600
SWEEP = "connections.sweep"


def listen() -> None:
    """Note every sweep that this worker finishes."""
    task_success.connect(_record)


def _record(sender: Any, **_: Any) -> None:
    if sender.name == SWEEP:
        cache.set(KEY, clock.now().isoformat(), timeout=KEPT_SECONDS)


def last_sweep_at() -> datetime | None:
    """Say when a worker last finished a sweep, or None when that was never or too long ago."""
    text = cache.get(KEY)
    return datetime.fromisoformat(text) if text else None
