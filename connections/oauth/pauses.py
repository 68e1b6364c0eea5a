"""Which service hosts rest: one that fails again and again keeps no other waiting. Pure.

Each process keeps its own count. Callers who need a token still ask: only what is renewed ahead of
time rests.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.outcomes import MEANINGS

if TYPE_CHECKING:
    from datetime import datetime

FAILURES_BEFORE = 5
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)


class Pauses:
    """After five passing failures in a row a host rests for 30 s, then twice as long, to 10 min."""

    def __init__(self) -> None:
        """Begin with nothing noted."""
        self._failures: Counter[str] = Counter()
        self._rests: Counter[str] = Counter()
        self._until: dict[str, datetime] = {}

    def note(self, place: str, outcome: str, *, now: datetime) -> None:
        """Note what came of asking a host; `outcome` is a name, or `fault` for our own.

        Whatever is not a passing failure says that the host answers, and ends its rest.
        """
        if outcome not in MEANINGS or not MEANINGS[outcome].transient:
            for known in (self._failures, self._rests, self._until):
                known.pop(place, None)
        elif self._until.get(place, now) <= now:
            self._failures[place] += 1
            if self._failures[place] >= FAILURES_BEFORE:
                self._begin(place, now=now)

    def resting(self, *, now: datetime) -> list[str]:
        """List the hosts to leave alone for now."""
        return [place for place, until in self._until.items() if until > now]

    def _begin(self, place: str, *, now: datetime) -> None:
        wait = FIRST_PAUSE * 2 ** min(self._rests[place], 10)
        self._until[place] = now + min(wait, LONGEST_PAUSE)
        self._rests[place] += 1
        del self._failures[place]
