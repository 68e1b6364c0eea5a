"""Limits: so many in a window, and each key by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from spojit.lib import clock, limits
from spojit.lib.ids import new_token
from spojit.lib.limits import TooMany

MOMENT = clock.now()


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock, so that no window ends in the middle of a test."""
    monkeypatch.setattr(clock, "now", lambda: MOMENT)


def test_what_is_asked_too_often_is_refused_and_says_when_it_may_be_asked_again() -> None:
    key = new_token()
    for _ in range(3):
        limits.take(key, limit=3, seconds=3600)
    with pytest.raises(TooMany, match="too often") as refusal:
        limits.take(key, limit=3, seconds=3600)
    assert refusal.value.transient
    assert refusal.value.hint.endswith("seconds.")


def test_another_key_is_counted_by_itself() -> None:
    limits.take(new_token(), limit=1, seconds=3600)
    limits.take(new_token(), limit=1, seconds=3600)


def test_a_new_window_begins_at_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    key = new_token()
    limits.take(key, limit=1, seconds=60)
    monkeypatch.setattr(clock, "now", lambda: MOMENT + timedelta(seconds=60))
    limits.take(key, limit=1, seconds=60)
