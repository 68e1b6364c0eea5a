"""The geometry of a strip of days whose bars stand on one another, one for each kind. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

SLOT_WIDTH = 20
HEIGHT = 88
GAP = 4
LEAST = 2.0


@dataclass(frozen=True, slots=True)
class Part:
    """The bar of one kind in one day; `key` names its colour in the style sheet."""

    key: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: a slot, and in it a part for each kind that was counted, from below."""

    on: date
    counts: Sequence[int]
    title: str
    x: int
    parts: Sequence[Part]
    width: int = SLOT_WIDTH - GAP

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted."""
        return not any(self.counts)


@dataclass(frozen=True, slots=True)
class Total:
    """How many of one kind there were in all days."""

    key: str
    word: str
    count: int


@dataclass(frozen=True, slots=True)
class Strip:
    """The whole strip: `bars` from the oldest day to the newest, and the totals under it."""

    bars: Sequence[Bar]
    totals: Sequence[Total]
    height: int = HEIGHT

    @property
    def width(self) -> int:
        """The width of the drawing, in its own units."""
        return max(1, len(self.bars)) * SLOT_WIDTH - GAP

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted in any day."""
        return all(bar.is_empty for bar in self.bars)

    @property
    def summary(self) -> str:
        """The strip in one sentence, for those who do not see it."""
        told = ", ".join(f"{total.count:,} {total.word}" for total in self.totals)
        return f"The last {len(self.bars)} days: {told}."


def draw(days: Sequence[tuple[date, Sequence[int]]], *, words: Mapping[str, str]) -> Strip:
    """Lay out days, the oldest first. The busiest day reaches the top.

    Args:
        days: each with a count for every kind, in the order of `words`.
        words: what a kind is called, by its key; the first one stands at the bottom.
    """
    most = max((sum(counts) for _, counts in days), default=0)
    return Strip(
        bars=[
            Bar(
                on=on,
                counts=counts,
                title=_title(on, counts, words),
                x=index * SLOT_WIDTH,
                parts=_parts(counts, words, most),
            )
            for index, (on, counts) in enumerate(days)
        ],
        totals=[
            Total(key, word, sum(counts[place] for _, counts in days))
            for place, (key, word) in enumerate(words.items())
        ],
    )


def _parts(counts: Sequence[int], words: Mapping[str, str], most: int) -> list[Part]:
    parts: list[Part] = []
    heights = _heights(counts, most)
    top = float(HEIGHT)
    for key, height in zip(words, heights, strict=True):
        top = round(top - height, 1)
        if height:
            parts.append(Part(key, top, height))
    return parts


def _heights(counts: Sequence[int], most: int) -> list[float]:
    """Return heights in drawing units, so that one among thousands can still be seen."""
    heights = [max(LEAST, round(count / most * HEIGHT, 1)) if count else 0.0 for count in counts]
    over = sum(heights) - HEIGHT
    if over > 0:
        tallest = heights.index(max(heights))
        heights[tallest] = round(heights[tallest] - over, 1)
    return heights


def _title(on: date, counts: Sequence[int], words: Mapping[str, str]) -> str:
    told = [f"{count:,} {word}" for count, word in zip(counts, words.values(), strict=True)]
    return f"{on.day} {on:%b}: {', '.join(told)}"
