"""The geometry of the strip of days that a connection's page shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

SLOT_WIDTH = 20
HEIGHT = 88
GAP = 4
MARKS_HEIGHT = 14


@dataclass(frozen=True, slots=True)
class Day:
    """One day of use: calls, how many failed, verifications, renewals, and changes in words."""

    on: date
    calls: int = 0
    failures: int = 0
    verifications: int = 0
    refreshes: int = 0
    marks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """One day drawn: a slot, a bar of calls, on it a bar of failures, perhaps a mark above."""

    day: Day
    x: int
    calls_y: float
    calls_height: float
    failures_y: float
    failures_height: float
    width: int = SLOT_WIDTH - GAP

    @property
    def title(self) -> str:
        """The day in words, shown on hover and read aloud."""
        words = [f"{self.day.on.day} {self.day.on:%b}", _count(self.day.calls, "call")]
        if self.day.failures:
            words.append(f"{self.day.failures} failed")
        if self.day.verifications:
            words.append(_count(self.day.verifications, "verification"))
        if self.day.refreshes:
            words.append(_count(self.day.refreshes, "renewal"))
        return ": ".join([words[0], ", ".join([*words[1:], *self.day.marks])])

    @property
    def mark(self) -> str:
        """Points of the diamond above the bar, for SVG; empty when nothing changed."""
        if not self.day.marks:
            return ""
        middle, centre = self.x + self.width / 2, MARKS_HEIGHT / 2 - 1
        corners = ((0, -5), (5, 0), (0, 5), (-5, 0))
        return " ".join(f"{middle + dx:g},{centre + dy:g}" for dx, dy in corners)


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole strip: `bars` from the oldest day to the newest, and the totals under it."""

    bars: Sequence[Bar]
    calls: int
    failures: int
    most: int
    verifications: int = 0
    height: int = HEIGHT
    slot_y: int = MARKS_HEIGHT
    slot_height: int = HEIGHT - MARKS_HEIGHT
    marks: int = field(default=0)

    @property
    def width(self) -> int:
        """The width of the drawing, in its own units."""
        return max(1, len(self.bars)) * SLOT_WIDTH - GAP

    @property
    def summary(self) -> str:
        """The strip in one sentence, for those who do not see it."""
        if not self.bars:
            return "No days to show."
        return (
            f"The last {len(self.bars)} days: {_count(self.calls, 'call')},"
            f" {self.failures} failed, {_count(self.verifications, 'verification')},"
            f" {_count(self.marks, 'change')}."
        )


def draw(days: Sequence[Day]) -> Chart:
    """Lay out the days, oldest first. The busiest day reaches the top."""
    most = max((day.calls for day in days), default=0)
    return Chart(
        bars=[_bar(day, index, most) for index, day in enumerate(days)],
        calls=sum(day.calls for day in days),
        failures=sum(day.failures for day in days),
        most=most,
        verifications=sum(day.verifications for day in days),
        marks=sum(len(day.marks) for day in days),
    )


def _bar(day: Day, index: int, most: int) -> Bar:
    calls, failures = _scaled(day.calls, most), _scaled(min(day.failures, day.calls), most)
    return Bar(
        day=day,
        x=index * SLOT_WIDTH,
        calls_y=HEIGHT - calls,
        calls_height=calls,
        failures_y=HEIGHT - failures,
        failures_height=failures,
    )


def _scaled(amount: int, most: int) -> float:
    """Return a height in drawing units: at least 2 for anything above nothing."""
    if amount <= 0 or most <= 0:
        return 0
    return max(2.0, round(amount / most * (HEIGHT - MARKS_HEIGHT), 1))


def _count(amount: int, noun: str) -> str:
    return f"{amount:,} {noun}" if amount == 1 else f"{amount:,} {noun}s"
