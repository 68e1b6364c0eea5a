"""The health rule: pure, so every line of it is asked directly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connections import health
from connections.health import Health
from connectors.outcomes import MEANINGS, Outcome

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STATUSES = ("pending", "active", "reauthorize", "error")
TRANSIENT = sorted(name for name, meaning in MEANINGS.items() if meaning.transient)
LASTING = sorted(
    name
    for name, meaning in MEANINGS.items()
    if not meaning.transient and meaning.touches_status and name not in {"ok", "unverified"}
)


def after(before: Health, name: str, *, now: datetime = NOW) -> Health:
    return health.next_health(before, Outcome(name), now=now)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", ["ok", "unverified"])
def test_what_works_is_active_and_forgets_its_failures(status: str, name: str) -> None:
    before = Health(status, "tls", is_grant=True, failing_since=NOW, failures=2)
    assert after(before, name) == Health("active", is_grant=True)


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_an_error_at_once(name: str) -> None:
    assert after(Health("active"), name) == Health("error", name)


@pytest.mark.parametrize("name", ["credentials_refused", "answer_lost"])
def test_a_refused_grant_asks_for_the_person_again(name: str) -> None:
    before = Health("active", is_grant=True)
    assert after(before, name) == Health("reauthorize", name, is_grant=True)


@pytest.mark.parametrize("name", TRANSIENT)
def test_a_passing_trouble_ends_the_first_verification(name: str) -> None:
    found = after(Health("pending"), name)
    assert (found.status, found.reason, found.failures) == ("error", name, 1)


def test_a_passing_trouble_becomes_an_error_after_three_times_and_ten_minutes() -> None:
    state = Health("active")
    for minutes, status in ((0, "active"), (5, "active"), (9, "active"), (10, "error")):
        state = after(state, "timeout", now=NOW + timedelta(minutes=minutes))
        assert state.status == status
    assert (state.reason, state.failures, state.failing_since) == ("timeout", 4, NOW)


def test_ten_minutes_alone_are_not_enough() -> None:
    state = after(Health("active"), "timeout")
    state = after(state, "timeout", now=NOW + timedelta(hours=1))
    assert (state.status, state.failures) == ("active", 2)


def test_a_passing_trouble_changes_nothing_of_what_is_broken() -> None:
    state = after(Health("error", "credentials_refused"), "timeout")
    assert (state.status, state.reason, state.failures) == ("error", "credentials_refused", 1)


@pytest.mark.parametrize("status", STATUSES)
def test_a_verification_whose_request_is_refused_decides(status: str) -> None:
    before = Health(status, failing_since=NOW, failures=2)
    assert after(before, "request_refused") == Health("error", "request_refused")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("is_grant", [True, False])
def test_credentials_that_may_do_little_were_accepted(status: str, is_grant: bool) -> None:
    before = Health(status, "timeout", is_grant=is_grant, failing_since=NOW, failures=2)
    assert after(before, "permission_missing") == Health(
        "active", "permission_missing", is_grant=is_grant
    )


@pytest.mark.parametrize("name", sorted(MEANINGS))
def test_only_a_good_answer_and_a_missing_permission_accept_credentials(name: str) -> None:
    expected = name in {"ok", "unverified", "permission_missing"}
    assert health.accepts_credentials(Outcome(name)) is expected


def test_a_doubt_changes_nothing_but_what_is_new() -> None:
    assert after(Health("active"), "outcome_unknown") == Health("active")
    assert after(Health("pending"), "outcome_unknown") == Health("error", "outcome_unknown")


@pytest.mark.parametrize("name", sorted(MEANINGS))
def test_a_call_changes_only_what_it_can_know(name: str) -> None:
    before = Health("active")
    found = health.next_health_after_call(before, Outcome(name), now=NOW)
    own = {"not_found", "bad_answer", "answer_too_large", "credentials_refused"}
    if name in own or not MEANINGS[name].touches_status:
        assert found == before
    else:
        assert found == after(before, name)


def test_another_account_stays_flagged_whatever_calls_say() -> None:
    before = Health("error", "other_account")
    assert health.next_health_after_call(before, Outcome("ok"), now=NOW) == before


@pytest.mark.parametrize("name", sorted(MEANINGS))
def test_only_a_refusal_asks_for_a_verification(name: str) -> None:
    expected = name == "credentials_refused"
    assert health.asks_for_verification(Outcome(name)) is expected


def test_the_first_verification_is_tried_again_three_times() -> None:
    waits = [health.retry_first_after(attempt) for attempt in range(4)]
    assert waits == [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), None]
