"""How fast deliveries may come, per connection and per address; and when workers are woken.

Counted in Redis after the answer is decided, in one round trip; what is over its limit is
remembered here until its window ends. Without Redis nothing is limited and a sweep does the waking.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

from spojit.lib.spare_redis import SpareRedis

if TYPE_CHECKING:
    import uuid

    import redis

WINDOW_SECONDS = 60
WAKE = "hooks:wake"
GATHER_SECONDS = 0.02
"""How long counts are gathered before Redis is asked again; a worker stays as long for more."""
WAKE_SECONDS = 5
MOST_REMEMBERED = 10_000


class Counted(NamedTuple):
    """Something that is counted, and how often it may come in a minute."""

    key: str
    limit: int


class _Memory:
    """What is over its limit, until when (seconds since 1970); what is gathered, since when."""

    def __init__(self) -> None:
        self.until: dict[str, float] = {}
        self.lock = threading.Lock()
        self.gathered: Counter[Counted] = Counter()
        self.asked_at = self.woke_at = 0.0


_memory = _Memory()
_redis = SpareRedis(without="deliveries are not limited, a sweep hands them over")


def address(of: str | None) -> Counted:
    """Count what comes from an address; its limit guards this process, not a connection."""
    return Counted(f"hooks:from:{of}", settings.HOOK_REQUESTS_PER_ADDRESS)


def connection(connection_id: uuid.UUID) -> Counted:
    """Count what a connection accepts; what is refused does not use its limit up."""
    return Counted(f"hooks:to:{connection_id}", settings.HOOK_DELIVERIES_PER_CONNECTION)


def wait_of(counted: Counted) -> int:
    """Return how many seconds to wait before the next one; 0 when it may come."""
    left = _memory.until.get(counted.key, 0.0) - time.time()
    return int(left) + 1 if left > 0 else 0


def note(*all_counted: Counted, wakes: bool = False) -> bool:
    """Count one more of each; say whether workers should be woken now.

    They are woken once for all that comes until one of them looks.
    """
    gathered = _gathered(all_counted, wakes=wakes)
    if gathered is None:
        return False
    window, passed = divmod(int(time.time()), WINDOW_SECONDS)
    answer = _redis.ask(lambda client: _count(client, gathered, window, wakes=wakes))
    if answer is None:
        return False
    counts, is_first = answer
    for counted, count in zip(gathered, counts, strict=True):
        if count >= counted.limit:
            _remember(counted, until=time.time() + WINDOW_SECONDS - passed)
    return is_first


def _gathered(all_counted: tuple[Counted, ...], *, wakes: bool) -> Counter[Counted] | None:
    """Add to what is gathered, and give it all when it is time to ask Redis."""
    if _redis.is_resting:
        return None
    with _memory.lock:
        now = time.monotonic()
        gathered = _memory.gathered
        gathered.update(all_counted)
        if now - (_memory.woke_at if wakes else _memory.asked_at) < GATHER_SECONDS:
            return None
        _memory.gathered, _memory.asked_at = Counter(), now
        _memory.woke_at = now if wakes else _memory.woke_at
    return gathered


def looked() -> None:
    """Let what comes from now on wake a worker again: one begins to look."""
    _redis.ask(lambda client: client.delete(WAKE))


def forget() -> None:
    """Forget what was over its limit; for tests."""
    _memory.until.clear()
    _memory.gathered.clear()
    _memory.asked_at = _memory.woke_at = 0.0
    _redis.forget()


def _count(
    client: redis.Redis, gathered: Counter[Counted], window: int, *, wakes: bool
) -> tuple[list[int], bool]:
    with client.pipeline(transaction=False) as pipeline:
        for counted, times in gathered.items():
            name = f"{counted.key}:{window}"
            pipeline.incrby(name, times)
            pipeline.expire(name, 2 * WINDOW_SECONDS)
        if wakes:
            pipeline.set(WAKE, 1, nx=True, ex=WAKE_SECONDS)
        answers = pipeline.execute()
    counts = [int(answers[2 * place]) for place in range(len(gathered))]
    return counts, wakes and bool(answers[-1])


def _remember(counted: Counted, *, until: float) -> None:
    with _memory.lock:
        if len(_memory.until) >= MOST_REMEMBERED:
            now = time.time()
            _memory.until = {key: at for key, at in _memory.until.items() if at > now}
        _memory.until[counted.key] = until
