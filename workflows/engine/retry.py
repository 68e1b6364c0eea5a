"""Whether a call is tried again, and after how long. Pure; product row J9 is the rule.

A read, or a write with an idempotency key, is tried again after whatever may pass by itself. Any
other write only when it was surely not sent or surely not carried out: a write that is in doubt is
never repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.manifest import Tool
    from connectors.outcomes import Outcome

WAITS_SECONDS = (1.0, 2.0, 4.0, 8.0)
"""Before the second attempt, the third, and on; the last one stands for all that follow."""

JITTER = 0.25
"""By which part a wait may be longer, so that many runs do not come back at once."""

LONGEST_WAIT_SECONDS = 300.0
"""A service that asks for more ends the attempts."""

PASSING_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})

_NEVER_SENT = frozenset({"name_not_found", "unreachable", "tls"})
_PASSING = _NEVER_SENT | {"timeout", "rate_limited", "upstream_fault"}


def is_tried_again(
    outcome: Outcome, *, tool: Tool, attempt: int, attempts: int, has_key: bool = False
) -> bool:
    """Say whether there is another attempt.

    Args:
        outcome: what the attempt came to.
        tool: what was called.
        attempt: how many were made, this one included.
        attempts: how many may be made in all.
        has_key: whether the service knows a repeated request by an idempotency key.
    """
    if attempt >= attempts or (outcome.retry_after_seconds or 0) > LONGEST_WAIT_SECONDS:
        return False
    if is_repeatable(tool, has_key=has_key):
        return _passes(outcome)
    return was_surely_not_done(outcome)


def is_repeatable(tool: Tool, *, has_key: bool) -> bool:
    """Say whether doing it twice is doing it once."""
    return tool.effect == "read" or tool.idempotent or (bool(tool.idempotency_header) and has_key)


def was_surely_not_done(outcome: Outcome) -> bool:
    """Say whether the service cannot have carried a request out.

    Without a name, a connection or TLS nothing was sent; 425 and 429 refuse before the work, and so
    does 503 when it says when to come back (RFC 9110, section 15.6.4).
    """
    if outcome.name in _NEVER_SENT and not outcome.status_code:
        return True
    if outcome.status_code == 503:
        return outcome.retry_after_seconds is not None
    return outcome.status_code in {425, 429}


def delay_before(attempt: int, outcome: Outcome, *, chance: float) -> float:
    """Return how many seconds to wait before an attempt.

    Args:
        attempt: which one comes, 2 or more.
        outcome: what the last one came to; never less is waited than the service asks for.
        chance: from 0 to 1, to spread the waits.
    """
    wait = WAITS_SECONDS[min(attempt - 2, len(WAITS_SECONDS) - 1)]
    return max(wait, outcome.retry_after_seconds or 0.0) * (1 + JITTER * chance)


def _passes(outcome: Outcome) -> bool:
    if outcome.status_code:
        return outcome.status_code in PASSING_STATUSES
    return outcome.name in _PASSING
