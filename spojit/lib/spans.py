"""The geometry of bars on a line of time, one for each thing that took some. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spojit.lib import words

if TYPE_CHECKING:
    from datetime import datetime

WIDTH = 1000
LEAST = 6.0


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a bar begins and how wide it is, in a drawing that is `WIDTH` wide."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Axis:
    """The line of time from one moment to another."""

    begin: datetime
    end: datetime

    @property
    def milliseconds(self) -> float:
        """How long it is."""
        return max(1.0, (self.end - self.begin).total_seconds() * 1000)

    @property
    def marks(self) -> list[str]:
        """The beginning, the middle and the end in words."""
        return ["0", words.duration(self.milliseconds / 2), words.duration(self.milliseconds)]

    def bar(self, begin: datetime, end: datetime) -> Bar | None:
        """Place a bar; None when it lies outside. What is short is still to be seen."""
        if end < self.begin or begin > self.end:
            return None
        left, right = self._at(max(begin, self.begin)), self._at(min(end, self.end))
        width = max(LEAST, right - left)
        return Bar(round(min(left, WIDTH - width), 1), round(width, 1))

    def _at(self, moment: datetime) -> float:
        return (moment - self.begin).total_seconds() * 1000 / self.milliseconds * WIDTH
