"""What is tried again: row J9, case by case."""

from __future__ import annotations

import pytest

from connectors.manifest import HttpRequest, Tool
from connectors.outcomes import MEANINGS, Outcome
from workflows.engine import retry


def tool(effect: str = "read", **facts: object) -> Tool:
    given = {"key": "a", "title": "A", "description": "It does.", "effect": effect, **facts}
    return Tool.model_validate({**given, "request": HttpRequest(path="/a")})


READ, WRITE = tool(), tool("write")
KEYED = tool("write", idempotency_header="Idempotency-Key")
TWICE = tool("destructive", idempotent=True)


def again(outcome: Outcome, of: Tool, *, attempt: int = 1, has_key: bool = True) -> bool:
    return retry.is_tried_again(outcome, tool=of, attempt=attempt, attempts=5, has_key=has_key)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_be_repeated_is_tried_again_when_it_may_pass(status: int) -> None:
    outcome = Outcome("upstream_fault", status_code=status)

    assert [again(outcome, of) for of in (READ, KEYED, TWICE)] == [True, True, True]


@pytest.mark.parametrize("name", ["timeout", "unreachable", "name_not_found", "tls"])
def test_faults_of_the_connection_are_tried_again(name: str) -> None:
    assert [again(Outcome(name), of) for of in (READ, KEYED)] == [True, True]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 501])
@pytest.mark.parametrize("of", [READ, WRITE, KEYED])
def test_a_refusal_is_never_repeated(status: int, of: Tool) -> None:
    assert not again(Outcome("request_refused", status_code=status), of)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome("name_not_found"), True),
        (Outcome("unreachable"), True),
        (Outcome("tls"), True),
        (Outcome("rate_limited", status_code=429), True),
        (Outcome("upstream_fault", status_code=425), True),
        (Outcome("upstream_fault", status_code=503, retry_after_seconds=2), True),
        (Outcome("upstream_fault", status_code=503), False),
        (Outcome("upstream_fault", status_code=500), False),
        (Outcome("upstream_fault", status_code=502), False),
        (Outcome("timeout"), False),
        (Outcome("timeout", status_code=408), False),
        (Outcome("outcome_unknown"), False),
        (Outcome("bad_answer", status_code=200), False),
    ],
)
def test_a_write_is_tried_again_only_when_it_was_surely_not_done(
    outcome: Outcome, expected: bool
) -> None:
    assert again(outcome, WRITE) is expected
    assert again(outcome, KEYED, has_key=False) is expected


@pytest.mark.parametrize("name", sorted(MEANINGS))
def test_what_works_or_is_in_doubt_is_not_repeated(name: str) -> None:
    if name in {"ok", "unverified", "outcome_unknown", "credential_unreadable"}:
        assert not again(Outcome(name), READ)
    assert not again(Outcome(name), READ, attempt=5)


def test_a_service_that_asks_for_too_long_a_wait_ends_the_attempts() -> None:
    assert again(Outcome("rate_limited", status_code=429, retry_after_seconds=300), READ)
    assert not again(Outcome("rate_limited", status_code=429, retry_after_seconds=301), READ)


def test_waits_double_with_some_chance_and_never_undercut_the_service() -> None:
    outcome = Outcome("timeout")
    waits = [retry.delay_before(attempt, outcome, chance=0) for attempt in (2, 3, 4, 5, 6)]

    assert waits == [1, 2, 4, 8, 8]
    assert retry.delay_before(2, outcome, chance=1) == 1.25
    asked = Outcome("rate_limited", status_code=429, retry_after_seconds=30)
    assert retry.delay_before(2, asked, chance=0.5) == 33.75
