"""The doctor on Redis, workers and the scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import redis
from django.conf import settings

from spojit import heartbeats
from spojit.celery import app
from spojit.doctor.finding import Finding, bad, good, look
from spojit.lib import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

PING_SECONDS = 1.5
LATE_SECONDS = 60
QUEUE = "celery"
LONG_QUEUE = 1_000


def reach() -> Finding:
    """Connect, and look at what Redis does when it is full."""
    try:
        with _client() as client:
            facts: dict[str, Any] = client.info()
    except redis.RedisError as failure:
        remedy = "Check REDIS_URL and the server's log."
        return bad("Redis", f"not reachable ({type(failure).__name__})", remedy=remedy)
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy != "noeviction" and facts.get("maxmemory"):
        remedy = "Set maxmemory-policy noeviction: a queue must not be evicted."
        return bad("Redis", f"drops keys when full ({policy})", remedy=remedy)
    return good("Redis", f"{facts.get('redis_version', '')}, {policy}")


def examine() -> Iterator[Finding]:
    """Check what a Redis that answers tells about workers and the scheduler."""
    yield _workers()
    yield _sweep()
    yield _queue()


def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def _workers() -> Finding:
    names = sorted(name for answer in app.control.ping(timeout=PING_SECONDS) for name in answer)
    if not names:
        remedy = "Start one: celery --app spojit worker --pool threads."
        return bad("workers", "none answers", remedy=remedy)
    return good("workers", f"{len(names)} answer: {', '.join(names)}")


def _sweep() -> Finding:
    """Look at the last sweep: the scheduler announced it, and a worker did it."""
    last = heartbeats.last_sweep_at()
    remedy = "Run exactly one scheduler: celery --app spojit beat."
    if last is None:
        return bad("scheduler", "no sweep was ever done", remedy=remedy)
    seconds = round((clock.now() - last).total_seconds())
    seen = f"the last sweep was {seconds} s ago"
    if seconds > LATE_SECONDS:
        return bad("scheduler", seen, remedy=remedy)
    return good("scheduler", seen)


def _queue() -> Finding:
    with _client() as client:
        waiting = int(client.llen(QUEUE))
    if waiting > LONG_QUEUE:
        remedy = "Add workers, or look in their logs for what holds them."
        return look("queue", f"{waiting} wake-ups wait", remedy=remedy)
    return good("queue", f"{waiting} wake-ups wait")
