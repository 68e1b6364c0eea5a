"""Until when a service wants no further calls through a connection, shared by all workers.

Kept in Redis: what is lost there costs one refused call. Whoever waits is let go again slowly at
first: a service that still refuses does so to a few, and all others wait on.
"""

from __future__ import annotations

import math
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from spojit.lib import clock
from spojit.lib.spare_redis import SpareRedis

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    import redis

LONGEST_SECONDS = 300.0
"""A service that asks for more is asked again by then."""

DOUBLES_SECONDS = 2.0
BEGINS_WITH = 5
"""So many go on in the first seconds after a pause, and twice as many in each that follow."""

FRESH_SECONDS = 0.2
"""For so long this process remembers what Redis said."""

MOST_REMEMBERED = 10_000


class _Memory:
    """Until when each connection rests (seconds since 1970), and when Redis was asked for it."""

    def __init__(self) -> None:
        self.known: dict[uuid.UUID, tuple[float, float]] = {}
        self.lock = threading.Lock()


_memory = _Memory()
_redis = SpareRedis(without="calls are not held back for rate limits")


def note(connection_id: uuid.UUID, *, seconds: float) -> None:
    """Let nobody call through a connection for so long, at most `LONGEST_SECONDS`."""
    until = clock.now().timestamp() + min(max(seconds, 0.0), LONGEST_SECONDS)
    if until <= _until(connection_id):
        return
    _remember(connection_id, until)
    _redis.ask(lambda client: client.set(_key(connection_id), until, ex=_keep(until)))


def wait_for(connection_id: uuid.UUID) -> datetime | None:
    """Say when one more run may call; None when it may at once. Each asking takes a place."""
    now, until = clock.now(), _until(connection_id)
    if until <= now.timestamp():
        return None
    place = _place(connection_id, until)
    spread = DOUBLES_SECONDS * math.log2(1 + place / BEGINS_WITH)
    return now + timedelta(seconds=until - now.timestamp() + spread)


def forget() -> None:
    """Forget what this process knows; for tests."""
    _memory.known.clear()
    _redis.forget()


def _until(connection_id: uuid.UUID) -> float:
    known, asked_at = _memory.known.get(connection_id, (0.0, -math.inf))
    if time.monotonic() - asked_at < FRESH_SECONDS:
        return known
    found = _redis.ask(lambda client: client.get(_key(connection_id)))
    until = float(found) if found else 0.0
    _remember(connection_id, until)
    return until


def _place(connection_id: uuid.UUID, until: float) -> int:
    """Take the next place of those who wait for the end of this pause."""
    name = f"{_key(connection_id)}:{until}"

    def take(client: redis.Redis) -> int:
        with client.pipeline(transaction=False) as pipeline:
            pipeline.incr(name)
            pipeline.expire(name, _keep(until))
            return int(pipeline.execute()[0])

    return _redis.ask(take) or 1


def _remember(connection_id: uuid.UUID, until: float) -> None:
    with _memory.lock:
        if len(_memory.known) >= MOST_REMEMBERED:
            _memory.known.clear()
        _memory.known[connection_id] = (until, time.monotonic())


def _key(connection_id: uuid.UUID) -> str:
    return f"rate:{connection_id}"


def _keep(until: float) -> int:
    return int(until - clock.now().timestamp()) + 60
