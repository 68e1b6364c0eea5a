"""Finds the addresses of a name in bounded time: the system's look-up itself has no limit."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from spojit.lib.outbound.errors import NameNotFound, TimedOut

if TYPE_CHECKING:
    from spojit.lib.outbound.addresses import Address
    from spojit.lib.outbound.deadlines import Deadline
    from spojit.lib.outbound.policy import Resolver

# Look-ups under way at once; one that hangs keeps its thread until the system gives up.
MOST_LOOKUPS = 32
_slots = threading.BoundedSemaphore(MOST_LOOKUPS)


def addresses_of(host: str, port: int, *, resolver: Resolver, deadline: Deadline) -> list[Address]:
    """Give all addresses of a host name; an IP address is its own.

    Raises:
        NameNotFound: there is none.
        TimedOut: the look-up took too long.
    """
    try:
        return [ip_address(host)]
    except ValueError:
        return _Lookup(host, port, resolver).run(deadline)


@dataclass(slots=True)
class _Lookup:
    """One look-up in a thread of its own."""

    host: str
    port: int
    resolver: Resolver
    found: list[Address] = field(default_factory=list)
    is_done: threading.Event = field(default_factory=threading.Event)

    def run(self, deadline: Deadline) -> list[Address]:
        if not _slots.acquire(timeout=deadline.remaining()):
            raise _too_slow(self.host)
        threading.Thread(target=self._resolve, name="outbound-lookup", daemon=True).start()
        if not self.is_done.wait(deadline.left()):
            raise _too_slow(self.host)
        if not self.found:
            raise NameNotFound(f"The host name {self.host} was not found.")
        return self.found

    def _resolve(self) -> None:
        try:
            self.found = [ip_address(text) for text in self.resolver(self.host, self.port)]
        except (OSError, ValueError):
            self.found = []
        finally:
            _slots.release()
            self.is_done.set()


def _too_slow(host: str) -> TimedOut:
    return TimedOut(f"The host name {host} could not be looked up in time.", surely_not_sent=True)
