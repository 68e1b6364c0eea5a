"""When tokens are renewed: by their life, spread, and after failures."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from connections.oauth import timing
from connectors.manifest import OAuth2
from connectors.oauth import Tokens

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CODE = OAuth2(
    token_url="https://service.test/token",
    authorize_url="https://service.test/authorize",
)
IDLE = CODE.model_copy(update={"refresh_lifetime_seconds": 100 * 86_400})


@pytest.mark.parametrize(
    ("life", "expected"),
    [
        (5 * MINUTE, MINUTE),
        (10 * MINUTE, MINUTE),
        (HOUR, 6 * MINUTE),
        (2.5 * HOUR, 15 * MINUTE),
        (60 * DAY, 15 * MINUTE),
    ],
)
def test_the_margin_is_the_larger_of_a_minute_and_a_tenth_and_at_most_a_quarter_of_an_hour(
    life: timedelta, expected: timedelta
) -> None:
    assert timing.margin(life) == expected


@given(life=st.floats(10, 1e7), who=st.uuids())
def test_tokens_are_due_in_the_second_half_of_their_life_and_before_the_margin(
    life: float, who: uuid.UUID
) -> None:
    tokens = Tokens("access", "refresh", expires_in=life)
    found = timing.lifetimes(CODE, tokens, now=NOW, spread_by=who)
    assert found.expire_at == NOW + timedelta(seconds=life)
    assert found.due_at is not None
    half, margin = timedelta(seconds=life / 2), timing.margin(timedelta(seconds=life))
    tolerance = timedelta(milliseconds=1)
    assert NOW + half - tolerance <= found.due_at
    assert found.due_at <= found.expire_at - min(margin, half) + tolerance


@given(life=st.floats(1e-9, 10), who=st.uuids())
def test_a_service_that_tells_tiny_lives_is_not_asked_without_end(
    life: float, who: uuid.UUID
) -> None:
    tokens = Tokens("access", "refresh", expires_in=life, refresh_expires_in=life)
    found = timing.lifetimes(CODE, tokens, now=NOW, spread_by=who)
    assert found.due_at is not None
    assert timedelta(seconds=5) <= found.due_at - NOW <= timedelta(seconds=10)


def test_tokens_that_end_together_are_not_due_together() -> None:
    tokens = Tokens("access", "refresh", expires_in=3600)
    due = {
        timing.lifetimes(CODE, tokens, now=NOW, spread_by=uuid.uuid4()).due_at for _ in range(50)
    }
    assert len(due) == 50
    assert max(filter(None, due)) - min(filter(None, due)) > MINUTE


def test_a_token_that_does_not_end_is_never_due() -> None:
    found = timing.lifetimes(CODE, Tokens("access", "refresh"), now=NOW, spread_by=uuid.uuid4())
    assert found == timing.Lifetimes(None, None, None)


def test_a_grant_that_would_die_idle_is_used_in_time() -> None:
    found = timing.lifetimes(IDLE, Tokens("access", "refresh"), now=NOW, spread_by=uuid.uuid4())
    assert found == timing.Lifetimes(None, NOW + 100 * DAY, NOW + 80 * DAY)


def test_what_the_answer_says_of_the_refresh_token_comes_before_what_is_declared() -> None:
    tokens = Tokens("access", "refresh", refresh_expires_in=10 * 86_400)
    found = timing.lifetimes(IDLE, tokens, now=NOW, spread_by=uuid.uuid4())
    assert found.grant_expires_at == NOW + 10 * DAY


def test_without_a_refresh_token_a_grant_is_due_at_its_end() -> None:
    tokens = Tokens("access", expires_in=3600)
    found = timing.lifetimes(IDLE, tokens, now=NOW, spread_by=uuid.uuid4())
    assert found == timing.Lifetimes(NOW + HOUR, None, NOW + HOUR)


@given(failures=st.integers(1, 40_000))
def test_the_waits_grow_to_an_hour(failures: int) -> None:
    wait = timing.next_attempt(failures, now=NOW, retry_after_seconds=None) - NOW
    expected = min(timedelta(seconds=5) * 2 ** min(failures - 1, 12), HOUR)
    assert 0.8 * expected <= wait <= 1.2 * expected


def test_a_service_may_ask_for_a_longer_wait() -> None:
    assert timing.next_attempt(1, now=NOW, retry_after_seconds=600) == NOW + 10 * MINUTE
