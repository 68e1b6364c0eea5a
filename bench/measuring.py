"""Measuring two things in turn, so that a noisy machine is noisy for both."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: medians in milliseconds, and the most that the ratio may be."""

    what: str
    floor_ms: float
    ours_ms: float
    ratio: float
    target: float
    is_gate: bool = False
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the target is met."""
        return self.ratio <= self.target


def alternate(
    floor: Callable[[], object], ours: Callable[[], object], *, rounds: int, each: int = 1
) -> tuple[float, float, float]:
    """Run both in turn; return the median milliseconds of each, and the median of the ratios.

    Args:
        floor: the least that can be.
        ours: what the product does.
        rounds: how many pairs.
        each: how often each runs within a pair.
    """
    for _ in range(max(3, rounds // 20)):
        floor()
        ours()
    pairs = [(_timed(floor, each), _timed(ours, each)) for _ in range(rounds)]
    return (
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(pair[1] / pair[0] for pair in pairs),
    )


def _timed(function: Callable[[], object], each: int) -> float:
    started = time.perf_counter()
    for _ in range(each):
        function()
    return (time.perf_counter() - started) * 1000 / each
