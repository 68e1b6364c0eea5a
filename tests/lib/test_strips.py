"""The strip of stacked days: heights, and words."""

from __future__ import annotations

from datetime import date

from spojit.lib import strips

WORDS = {"accepted": "accepted", "duplicate": "duplicates", "refused": "refused"}
FIRST, SECOND = date(2026, 11, 1), date(2026, 11, 2)


def test_the_busiest_day_reaches_the_top_and_its_parts_stand_on_one_another() -> None:
    strip = strips.draw([(FIRST, (4, 2, 2)), (SECOND, (2, 0, 0))], words=WORDS)
    assert [(part.key, part.y, part.height) for part in strip.bars[0].parts] == [
        ("accepted", 44, 44),
        ("duplicate", 22, 22),
        ("refused", 0, 22),
    ]
    assert [(part.key, part.y) for part in strip.bars[1].parts] == [("accepted", 66)]
    assert [bar.x for bar in strip.bars] == [0, 20]
    assert strip.width == 36


def test_one_among_thousands_can_be_seen_and_the_bar_stays_within_the_strip() -> None:
    (bar,) = strips.draw([(FIRST, (1, 0, 10_000))], words=WORDS).bars
    assert [(part.key, part.height) for part in bar.parts] == [("accepted", 2), ("refused", 86)]
    assert bar.parts[-1].y == 0


def test_a_day_on_which_nothing_came_has_no_part() -> None:
    strip = strips.draw([(FIRST, (0, 0, 0))], words=WORDS)
    assert list(strip.bars[0].parts) == []
    assert strip.is_empty


def test_it_is_told_in_words() -> None:
    strip = strips.draw([(FIRST, (1200, 0, 3)), (SECOND, (1, 2, 0))], words=WORDS)
    assert strip.summary == "The last 2 days: 1,201 accepted, 2 duplicates, 3 refused."
    assert strip.bars[0].title == "1 Nov: 1,200 accepted, 0 duplicates, 3 refused"
    assert not strip.is_empty
    assert strips.draw([], words=WORDS).width == 16
