"""The strip of days: heights, marks and words."""

from __future__ import annotations

from datetime import date

from spojit.lib import charts
from spojit.lib.charts import Day


def test_the_busiest_day_reaches_the_top() -> None:
    chart = charts.draw([Day(date(2026, 11, 1), calls=10), Day(date(2026, 11, 2), calls=5)])
    assert [bar.calls_height for bar in chart.bars] == [74, 37]
    assert [bar.calls_y for bar in chart.bars] == [14, 51]
    assert [bar.x for bar in chart.bars] == [0, 20]
    assert chart.width == 36


def test_one_failure_among_thousands_can_be_seen() -> None:
    chart = charts.draw([Day(date(2026, 11, 1), calls=10_000, failures=1)])
    assert chart.bars[0].failures_height == 2.0


def test_a_day_without_use_has_no_bar() -> None:
    chart = charts.draw([Day(date(2026, 11, 1))])
    assert chart.bars[0].calls_height == 0
    assert chart.bars[0].mark == ""


def test_a_change_is_marked_and_told() -> None:
    day = Day(
        date(2026, 11, 3), calls=1, failures=1, verifications=2, marks=["Bob rotated the key"]
    )
    bar = charts.draw([day]).bars[0]
    assert bar.mark == "8,1 13,6 8,11 3,6"
    assert bar.title == "3 Nov: 1 call, 1 failed, 2 verifications, Bob rotated the key"


def test_the_strip_is_summed_up_in_a_sentence() -> None:
    days = [
        Day(date(2026, 11, 1), calls=1200, failures=3, verifications=1),
        Day(date(2026, 11, 2), marks=["x"]),
    ]
    summary = "The last 2 days: 1,200 calls, 3 failed, 1 verification, 1 change."
    assert charts.draw(days).summary == summary
    assert charts.draw([]).summary == "No days to show."
