"""Unwrapped data keys, kept in this process for a minute: few, thread-safe, never longer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

SECONDS = 60.0
MOST = 2048

V = TypeVar("V")


class ExpiringCache(Generic[V]):
    """Holds at most `most` values, each for `seconds` from when it was put in."""

    def __init__(
        self,
        *,
        seconds: float = SECONDS,
        most: int = MOST,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Begin empty; `clock` tells seconds that never go back."""
        self._seconds, self._most, self._clock = seconds, most, clock
        self._lock = threading.Lock()
        # All live equally long, so the order of insertion is that of expiry.
        self._entries: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()

    def __len__(self) -> int:
        """Count what is held and not expired."""
        with self._lock:
            self._drop_expired()
            return len(self._entries)

    def get(self, key: Hashable) -> V | None:
        """Find a value that is not expired."""
        with self._lock:
            self._drop_expired()
            entry = self._entries.get(key)
            return entry[1] if entry else None

    def put(self, key: Hashable, value: V) -> None:
        """Keep a value; the oldest one goes when there are too many."""
        with self._lock:
            self._entries.pop(key, None)
            self._entries[key] = (self._clock() + self._seconds, value)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def drop(self, matches: Callable[[Hashable], bool]) -> None:
        """Forget the values whose key matches."""
        with self._lock:
            for key in [key for key in self._entries if matches(key)]:
                del self._entries[key]

    def _drop_expired(self) -> None:
        now = self._clock()
        while self._entries:
            key, (expires, _) = next(iter(self._entries.items()))
            if expires > now:
                return
            del self._entries[key]
