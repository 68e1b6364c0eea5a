"""A service host that fails again and again rests, longer each time, until it answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connections.oauth.pauses import Pauses

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOST = "service.test:443"
SECOND = timedelta(seconds=1)


def failing(pauses: Pauses, times: int, *, now: datetime = NOW, outcome: str = "timeout") -> None:
    for _ in range(times):
        pauses.note(HOST, outcome, now=now)


def test_a_host_rests_after_five_passing_failures_in_a_row() -> None:
    pauses = Pauses()
    failing(pauses, 4)
    assert pauses.resting(now=NOW) == []
    failing(pauses, 1)
    assert pauses.resting(now=NOW + 29 * SECOND) == [HOST]
    assert pauses.resting(now=NOW + 30 * SECOND) == []


def test_answers_that_come_late_do_not_lengthen_a_rest() -> None:
    pauses = Pauses()
    failing(pauses, 13)
    assert pauses.resting(now=NOW + 30 * SECOND) == []


def test_a_host_that_goes_on_failing_rests_longer_and_at_most_ten_minutes() -> None:
    pauses, now = Pauses(), NOW
    failing(pauses, 5)
    for seconds in (60, 120, 240, 480, 600, 600):
        now += timedelta(hours=1)
        failing(pauses, 5, now=now)
        assert pauses.resting(now=now + (seconds - 1) * SECOND) == [HOST]
        assert pauses.resting(now=now + seconds * SECOND) == []


def test_a_host_that_answers_rests_no_more_whatever_it_says() -> None:
    for outcome in ("ok", "credentials_refused", "request_refused"):
        pauses = Pauses()
        failing(pauses, 5)
        pauses.note(HOST, outcome, now=NOW)
        assert pauses.resting(now=NOW) == []
        failing(pauses, 4)
        assert pauses.resting(now=NOW) == []


def test_other_hosts_and_faults_of_our_own_do_not_count() -> None:
    pauses = Pauses()
    for number in range(9):
        pauses.note(f"{number}.test:443", "timeout", now=NOW)
    failing(pauses, 9, outcome="fault")
    assert pauses.resting(now=NOW) == []
