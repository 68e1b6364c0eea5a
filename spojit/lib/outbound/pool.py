"""Connections kept alive, per origin, checked address and set of trusted certificates."""

from __future__ import annotations

import threading
from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spojit.lib.outbound.connections import Plain
    from spojit.lib.outbound.policy import Policy
    from spojit.lib.outbound.types import PinnedAddress

Key = tuple[str, str, int, str, str]

MOST_PER_KEY = 16
MOST_IDLE = 256
# Many servers close after 5 s (Node) to 75 s (nginx): a write never takes one that may be closing.
IDLE_SECONDS = 50.0
IDLE_SECONDS_FOR_WRITES = 3.0


class Pool:
    """Idle connections of this process. What is in use is nobody else's."""

    def __init__(self) -> None:
        """Begin empty."""
        self._idle: OrderedDict[Key, list[Plain]] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    def take(self, pinned: PinnedAddress, policy: Policy, *, idle_seconds: float) -> Plain | None:
        """Take an idle connection to one of the checked addresses, if a usable one is there."""
        for address in pinned.addresses:
            key = pinned.scheme, pinned.host, pinned.port, address, policy.ca_bundle
            while connection := self._pop(key):
                if connection.is_fresh(idle_seconds=idle_seconds):
                    return connection
                connection.close()
        return None

    def give(self, connection: Plain, policy: Policy) -> None:
        """Take a connection back whose answer was read to its end."""
        pinned = connection.pinned
        key = pinned.scheme, pinned.host, pinned.port, connection.remote_address, policy.ca_bundle
        connection.idle_since = monotonic()
        with self._lock:
            waiting = self._idle.setdefault(key, [])
            self._idle.move_to_end(key)
            waiting.append(connection)
            self._count += 1
            surplus = self._surplus(waiting)
        for old in surplus:
            old.close()

    def forget(self) -> list[Plain]:
        """Begin anew in a forked process; give what the parent goes on using."""
        left = [connection for waiting in self._idle.values() for connection in waiting]
        self._idle, self._count, self._lock = OrderedDict(), 0, threading.Lock()
        return left

    def clear(self) -> None:
        """Close everything idle."""
        with self._lock:
            idle, self._idle, self._count = self._idle, OrderedDict(), 0
        for connections in idle.values():
            for connection in connections:
                connection.close()

    def _pop(self, key: Key) -> Plain | None:
        with self._lock:
            waiting = self._idle.get(key)
            if not waiting:
                return None
            self._count -= 1
            connection = waiting.pop()
            if not waiting:
                del self._idle[key]
            return connection

    def _surplus(self, waiting: list[Plain]) -> list[Plain]:
        """Choose what to close: the oldest of this origin, or of the one unused for longest."""
        if len(waiting) <= MOST_PER_KEY and self._count <= MOST_IDLE:
            return []
        if len(waiting) > MOST_PER_KEY:
            self._count -= 1
            return [waiting.pop(0)]
        _, oldest = self._idle.popitem(last=False)
        self._count -= len(oldest)
        return oldest
