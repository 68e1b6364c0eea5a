"""Works on due runs, several at once, until none is due or the time is over.

No more is claimed than there are hands free, so that no lease runs out while its turn has not come.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import structlog
from django.db import connections as databases

from spojit.lib import redaction
from workflows.runs import advancing, claiming

if TYPE_CHECKING:
    from workflows.runs.claiming import Claimed

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.2
GATHER_SECONDS = 0.02
PATIENCE_SECONDS = 0.5
"""Whoever finds another one at work waits so long for it to end, lest it has just looked."""

_one_at_a_time = threading.Lock()


def work(*, threads: int, seconds: float) -> Counter[str]:
    """Carry due runs of all workspaces on; one pool a process; a second one returns.

    Args:
        threads: how many are worked on at once.
        seconds: how long new ones are begun.

    Returns:
        How many came to which status; `fault` for faults of our own.
    """
    found: Counter[str] = Counter()
    if not _one_at_a_time.acquire(timeout=PATIENCE_SECONDS):
        return found
    try:
        with ThreadPoolExecutor(threads, thread_name_prefix="runs") as pool:
            try:
                _work(pool, threads=threads, until=time.monotonic() + seconds, found=found)
            finally:
                _rest(pool, threads=threads)
    finally:
        _one_at_a_time.release()
    return found


def is_at_work() -> bool:
    """Whether a pool of this process is at it."""
    return _one_at_a_time.locked()


def _work(pool: ThreadPoolExecutor, *, threads: int, until: float, found: Counter[str]) -> None:
    under_way: set[Future[str]] = set()
    while True:
        free = threads - len(under_way)
        fresh = claiming.claim(most=free) if free > 0 and time.monotonic() < until else []
        under_way |= {pool.submit(_carry_on, claimed) for claimed in fresh}
        if not under_way:
            return
        done, under_way = _some(under_way, least=max(1, threads // 2))
        found.update(future.result() for future in done)


def _some(under_way: set[Future[str]], *, least: int) -> tuple[set[Future[str]], set[Future[str]]]:
    """Wait until a few are done, for claims cost less together; not for long."""
    deadline = time.monotonic() + GATHER_SECONDS
    done, left = wait(under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
    while left and len(done) < least and time.monotonic() < deadline:
        more, left = wait(left, timeout=GATHER_SECONDS / 4, return_when=FIRST_COMPLETED)
        done |= more
    return done, left


def _carry_on(claimed: Claimed) -> str:
    """Carry one on; a fault of our own is logged here and its lease runs out by itself."""
    with redaction.scope():
        try:
            return advancing.advance(claimed)
        except Exception:
            log.exception("A run could not be carried on", run_id=str(claimed.id))
            return "fault"


def _rest(pool: ThreadPoolExecutor, *, threads: int) -> None:
    """Give each thread's database connection back."""
    barrier = threading.Barrier(threads)

    def close() -> None:
        barrier.wait(timeout=120)
        databases.close_all()

    for future in [pool.submit(close) for _ in range(threads)]:
        future.result()
