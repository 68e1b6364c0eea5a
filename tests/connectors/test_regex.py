"""Patterns of strangers cannot hold a worker."""

from __future__ import annotations

from time import monotonic

import pytest
from hypothesis import given, strategies as st

from connectors.catalogue import _regex
from tests.connectors.utilities import QUICK_SECONDS, refuse, use


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(a+)+$", "a" * 50_000 + "b"),
        (r"(x+x+)+y", "x" * 100_000),
        (r"(.*)*(.*)*(.*)*b", "a" * 100_000),
        (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 100_000),
    ],
)
def test_a_pattern_that_backtracks_elsewhere_takes_no_time(pattern: str, text: str) -> None:
    started = monotonic()
    assert use("regex", "matches", text=text, pattern=pattern) is False
    assert monotonic() - started < QUICK_SECONDS


def test_a_pattern_that_searches_again_and_again_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_regex, "SECONDS", 0.05)
    refuse("regex", "find_all", "too long", text="a" * 200_000, pattern="a.*b|a", limit=10_000)


@pytest.mark.parametrize("pattern", [r"(a?){500}b", r"\p{L}{10}", r"((a{100}){10})"])
def test_a_large_pattern_is_for_short_texts(pattern: str) -> None:
    assert use("regex", "matches", text="a" * 1_000, pattern=pattern) in {True, False}
    refuse("regex", "matches", "too large", text="a" * 1_000_000, pattern=pattern)


@pytest.mark.parametrize(
    "pattern", ["(", "(?=a)", r"(a)\1", "a{2000}", "((((a{100}){100}){100}){100})"]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    refuse("regex", "find", "not a regular expression", text="a", pattern=pattern)
    assert use("regex", "check", pattern=pattern)["is_valid"] is False


def test_a_pattern_has_no_more_groups_than_anybody_needs() -> None:
    refuse("regex", "find", "too many groups", text="a", pattern="(" * 31 + "a" + ")" * 31)


def test_a_replacement_cannot_grow_without_end() -> None:
    refuse("regex", "replace", "too long", text="a" * 10_000, pattern="a", **{"with": "b" * 9_999})


def test_a_replacement_names_groups_that_are_there() -> None:
    found = {"text": "ada@example", "pattern": r"(?P<user>\w+)@(\w+)"}
    assert use("regex", "replace", **found, **{"with": "$2 of ${user} for $$5"}) == (
        "example of ada for $5"
    )
    refuse("regex", "replace", "no group", **found, **{"with": "$3"})
    refuse("regex", "replace", "no group", **found, **{"with": "${host}"})
    refuse("regex", "extract", "no group", **found, group=3)


def test_matches_that_are_empty_and_letters_of_several_bytes_keep_their_places() -> None:
    assert use("regex", "replace", text="äb", pattern="x*", **{"with": "-"}) == "-ä-b-"
    assert use("regex", "find", text="Grüße!", pattern="ß")["start"] == 3
    assert use("regex", "matches", text="a\nb", pattern="^b$", multiline=True) is True
    assert use("regex", "matches", text="a\nb", pattern="a.b", dot_all=True) is True
    assert use("regex", "matches", text="ab", pattern="a|b", whole=True) is False


@given(st.text(max_size=50))
def test_an_escaped_text_matches_itself(text: str) -> None:
    escaped = use("regex", "escape", text=text)
    assert not escaped or use("regex", "matches", text=text, pattern=escaped, whole=True)
