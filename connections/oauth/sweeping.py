"""Renews what is due ahead of time, many at once, until nothing is due or the time is over.

Several workers may sweep at once: each claims what no other holds. Claims are no more than twice
what the threads can ask at once, so that no lease runs out while its turn has not come: 15 s of
waiting and 15 s of asking are less than its 45 s.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import structlog
from django.db import connections as databases

from connections.oauth import claims, renewing
from connections.oauth.pauses import Pauses
from spojit.lib import clock

if TYPE_CHECKING:
    from connections.oauth.claims import Claim

log = structlog.get_logger(__name__)

AHEAD = 2
LOOK_SECONDS = 1.0

Found = tuple[str, str]
"""The host that was asked, and the outcome's name."""

_one_at_a_time = threading.Lock()
_pauses = Pauses()


def sweep(*, threads: int, seconds: float) -> Counter[str]:
    """Renew due tokens of all workspaces; one sweep a process, a second one returns at once.

    Args:
        threads: how many are asked for at once.
        seconds: how long new ones are begun.

    Returns:
        How many came to which outcome; `fault` for faults of our own.
    """
    found: Counter[str] = Counter()
    if not _one_at_a_time.acquire(blocking=False):
        return found
    try:
        with ThreadPoolExecutor(threads, thread_name_prefix="refresh") as pool:
            _work(pool, threads=threads, until=time.monotonic() + seconds, found=found)
            _rest(pool, threads=threads)
    finally:
        _one_at_a_time.release()
    return found


def _work(pool: ThreadPoolExecutor, *, threads: int, until: float, found: Counter[str]) -> None:
    under_way: set[Future[Found]] = set()
    places: set[str] = set()
    while True:
        # Ahead while all are at one host: with several, all that wait could be at one that hangs.
        most = threads * (AHEAD if len(places) == 1 else 1)
        free = most - len(under_way)
        fresh = _fresh(most=free) if free > 0 and time.monotonic() < until else []
        places |= {claim.row.refresh_place for claim in fresh}
        under_way |= {pool.submit(_renew, claim) for claim in fresh}
        if not under_way:
            return
        done, under_way = _some(under_way, least=max(1, threads // 2))
        for place, name in (future.result() for future in done):
            found[name] += 1
            _pauses.note(place, name, now=clock.now())


def _fresh(*, most: int) -> list[Claim]:
    return claims.claim_due(most=most, resting=_pauses.resting(now=clock.now()))


def _some(
    under_way: set[Future[Found]], *, least: int
) -> tuple[set[Future[Found]], set[Future[Found]]]:
    """Wait until a few are done, for claims cost less together; a slow one keeps nobody waiting.

    After LOOK_SECONDS it is time to look for what has become due, whether or not one is done.
    """
    deadline = time.monotonic() + 0.05
    done, left = wait(under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
    while left and len(done) < least and time.monotonic() < deadline:
        more, left = wait(left, timeout=0.01, return_when=FIRST_COMPLETED)
        done |= more
    return done, left


def _renew(claim: Claim) -> Found:
    """Renew one; a fault of our own is logged here and its lease runs out by itself."""
    place = claim.row.refresh_place
    try:
        return place, renewing.renew(claim).name
    except Exception:
        log.exception("Renewing tokens failed", connection_id=str(claim.row.connection_id))
        return place, "fault"


def _rest(pool: ThreadPoolExecutor, *, threads: int) -> None:
    """Give each thread's database connection back."""
    barrier = threading.Barrier(threads)

    def close() -> None:
        barrier.wait(timeout=30)
        databases.close_all()

    for future in [pool.submit(close) for _ in range(threads)]:
        future.result()
