"""Redis for what may be lost: asked briefly, and left alone for a while once it did not answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import redis
import structlog
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger(__name__)

T = TypeVar("T")

REST_SECONDS = 5.0
TIMEOUT_SECONDS = 0.5


class SpareRedis:
    """One user's client in this process; `without` tells the log what is missing meanwhile."""

    def __init__(self, *, without: str) -> None:
        """Connect when it is first asked."""
        self._without = without
        self._client: redis.Redis | None = None
        self._rests_until = 0.0

    @property
    def is_resting(self) -> bool:
        """Whether it did not answer lately."""
        return time.monotonic() < self._rests_until

    def ask(self, question: Callable[[redis.Redis], T]) -> T | None:
        """Ask Redis; None when it does not answer, or did not lately."""
        if self.is_resting:
            return None
        try:
            return question(self._connected())
        except redis.RedisError:
            self._rests_until = time.monotonic() + REST_SECONDS
            log.warning("Redis did not answer", meanwhile=self._without)
            return None

    def forget(self) -> None:
        """Connect anew, and at once; for tests."""
        if self._client is not None:
            self._client.close()
        self._client, self._rests_until = None, 0.0

    def _connected(self) -> redis.Redis:
        if self._client is None:
            self._client = redis.Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
            )
        return self._client
