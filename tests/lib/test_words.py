"""Moments, durations and names as short words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from spojit.lib import words

NOW = datetime(2026, 11, 21, 15, 44, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=90), "90 days ago"),
        (timedelta(days=400), "17 Oct 2025"),
        (timedelta(seconds=-3), "in a moment"),
        (timedelta(hours=-5), "in 5 h"),
    ],
)
def test_a_moment_in_relative_words(before: timedelta, said: str) -> None:
    assert words.relative(NOW - before, now=NOW) == said


def test_a_moment_in_full() -> None:
    assert words.exact(NOW) == "21 Nov 2026, 15:44:10 UTC"


@pytest.mark.parametrize(
    ("milliseconds", "said"), [(85, "85 ms"), (1420, "1.4 s"), (125_000, "2 min 5 s")]
)
def test_a_duration(milliseconds: float, said: str) -> None:
    assert words.duration(milliseconds) == said


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Alice Moreau", "AM"), ("bob.marsh@example.org", "BM"), ("Stripe", "S"), ("", "?")],
)
def test_initials(name: str, letters: str) -> None:
    assert words.initials(name) == letters
