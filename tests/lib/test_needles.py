"""Runs of a secret are found as one span each, whatever stands around them, and fast."""

from __future__ import annotations

import time

from hypothesis import given, strategies as st

from spojit.lib import needles, redaction

ONE_LETTER = "a" * 8


def marked_slowly(needle: str, text: str) -> list[bool]:
    """Say per character whether an occurrence covers it, by looking at every place."""
    covered = [False] * len(text)
    for start in range(len(text) - len(needle) + 1):
        if text.startswith(needle, start):
            covered[start : start + len(needle)] = [True] * len(needle)
    return covered


def marked(needle: str, text: str) -> list[bool]:
    covered = [False] * len(text)
    for start, end in needles._literal_spans(needle, text):
        covered[start:end] = [True] * (end - start)
    return covered


@given(
    needle=st.text(alphabet="ab", min_size=1, max_size=6), text=st.text(alphabet="abc", max_size=60)
)
def test_the_spans_cover_what_looking_at_every_place_covers(needle: str, text: str) -> None:
    assert marked(needle, text) == marked_slowly(needle, text)


@given(
    needle=st.text(alphabet="ab", min_size=1, max_size=6), text=st.text(alphabet="ab", max_size=60)
)
def test_spans_neither_touch_nor_overlap(needle: str, text: str) -> None:
    spans = list(needles._literal_spans(needle, text))
    ends = [end for _, end in spans[:-1]]
    starts = [start for start, _ in spans[1:]]
    assert all(end < start for end, start in zip(ends, starts, strict=True))


def test_a_long_answer_of_one_character_is_masked_in_under_three_seconds() -> None:
    with redaction.scope():
        redaction.register([ONE_LETTER])
        started = time.thread_time()
        masked = redaction.redact("a" * 5_000_000)
        taken = time.thread_time() - started
    assert masked == redaction.MASK
    assert taken < 3
