"""The status of a connection as one pure function of what it was and what came of a call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.outcomes import Outcome

FAILURES_BEFORE_ERROR = 3
FAILING_BEFORE_ERROR = timedelta(minutes=10)
RENEWING_FAILS_FOR = timedelta(days=4)
FIRST_RETRIES = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))

# A call that was answered says something of that call, not of the connection.
_CALLS_OWN_AFFAIR = frozenset(
    {"not_found", "bad_answer", "answer_too_large", "credentials_refused"}
)

_ASKS_AGAIN = frozenset({"credentials_refused", "answer_lost"})


@dataclass(frozen=True, slots=True)
class Health:
    """The part of a connection that the rule decides on.

    Attributes:
        status: `pending`, `active`, `reauthorize` or `error`.
        reason: the outcome that decided, empty while all is well.
        is_grant: whether a person authorized it (OAuth), so that a refusal asks for them again.
        failing_since: the first transient failure since the last success.
        failures: transient failures in a row.
    """

    status: str
    reason: str = ""
    is_grant: bool = False
    failing_since: datetime | None = None
    failures: int = 0


def next_health(health: Health, outcome: Outcome, *, now: datetime) -> Health:
    """Return the health after a verification's outcome (design decision 7).

    A verification decides from any status: what works is Active, and so is a credential that was
    accepted but lacks a permission, with that as its reason; a request that the service refuses
    is an Error. Only what is transient or left in doubt waits for more. Calls are judged more
    narrowly, by `next_health_after_call`: their 403 or refused request is their own affair.
    """
    if accepts_credentials(outcome):
        return Health("active", "" if outcome.is_ok else outcome.name, health.is_grant)
    if outcome.transient:
        return _after_transient(health, outcome, now=now)
    if outcome.name == "outcome_unknown" and health.status != "pending":
        return health
    return Health(_status_for(health, outcome), outcome.name, health.is_grant)


def next_health_after_call(health: Health, outcome: Outcome, *, now: datetime) -> Health:
    """Return the health after a call: only what a call can know of the connection counts.

    Another account stays flagged until a person or a verification decides.
    """
    if outcome.name in _CALLS_OWN_AFFAIR or health.reason == "other_account":
        return health
    if not outcome.meaning.touches_status:
        return health
    return next_health(health, outcome, now=now)


def next_health_after_refresh(
    health: Health, outcome: Outcome, *, failing_since: datetime, is_dead: bool, now: datetime
) -> Health:
    """Return the health after a failed renewal of tokens.

    Only a refusal asks the person again. What passes by itself is tried again, and ends in Error
    after four failing days, not after an hour's outage. What does not pass by itself, such as an
    OAuth app whose secret is wrong, is an Error as soon as no token lives.

    Args:
        health: before.
        outcome: what the token endpoint's answer came to; not ok.
        failing_since: when the first of these failures in a row was.
        is_dead: whether the access token has ended.
        now: the present moment.
    """
    if outcome.name in _ASKS_AGAIN:
        return Health(_status_for(health, outcome), outcome.name, health.is_grant)
    if now - failing_since >= RENEWING_FAILS_FOR:
        return Health("error", "refresh_exhausted", health.is_grant)
    if is_dead and not outcome.transient:
        return Health("error", outcome.name, health.is_grant)
    return health


def next_health_of_webhook(health: Health, outcome: Outcome) -> Health:
    """Return the health of a webhook after its secret was tried without any delivery.

    A secret that opens proves nothing of the service, so that an Error ends in waiting for a
    delivery; one that does not open is an Error. When it could not be tried, as while staff has the
    connector switched off, nothing is known.
    """
    if outcome.name == "credential_unreadable":
        return Health("error", outcome.name, health.is_grant)
    is_mended = health.status == "error" and (outcome.is_ok or outcome.name == "unverified")
    return Health("pending", "", health.is_grant) if is_mended else health


def accepts_credentials(outcome: Outcome) -> bool:
    """Whether a verification's outcome says that the service let the credentials in."""
    return outcome.is_ok or outcome.name == "permission_missing"


def asks_for_verification(outcome: Outcome) -> bool:
    """Whether a call's outcome is for one verification to decide."""
    return outcome.name == "credentials_refused"


def retry_first_after(attempts: int) -> timedelta | None:
    """Return how long to wait before a transient first verification is tried again."""
    return FIRST_RETRIES[attempts] if attempts < len(FIRST_RETRIES) else None


def _after_transient(health: Health, outcome: Outcome, *, now: datetime) -> Health:
    since = health.failing_since or now
    counted = replace(health, failing_since=since, failures=health.failures + 1)
    if health.status == "pending":
        return replace(counted, status="error", reason=outcome.name)
    is_lasting = counted.failures >= FAILURES_BEFORE_ERROR and now - since >= FAILING_BEFORE_ERROR
    if health.status == "active" and is_lasting:
        return replace(counted, status="error", reason=outcome.name)
    return counted


def _status_for(health: Health, outcome: Outcome) -> str:
    return "reauthorize" if health.is_grant and outcome.name in _ASKS_AGAIN else "error"
