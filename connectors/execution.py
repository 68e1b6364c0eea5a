"""Verifies credentials and runs tools. Never raises for the other side's trouble: it names it.

What comes back is not redacted and none of it is logged or kept here: both are the caller's.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from math import ceil
from time import perf_counter
from typing import TYPE_CHECKING, Any

import structlog

from connectors import (
    answers,
    arguments as given,
    functions,
    identity,
    paging,
    ports,
    redirected,
    requests,
)
from connectors.encoding import InvalidArguments
from connectors.identity import Verified
from connectors.outcomes import MEANINGS, Outcome
from connectors.session import Account, CallFailed, Session
from spojit.lib import outbound
from spojit.lib.errors import SpojitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Connector, Scheme, Tool, Verification

__all__ = ["InvalidArguments", "Verified", "call", "describe_call", "verify"]

log = structlog.get_logger(__name__)

_IN_DOUBT = frozenset({"timeout", "unreachable", "bad_answer", "answer_too_large"})
"""Failures on the way, after which a request may have been carried out all the same."""

_UNDECIDED_STATUSES = frozenset({408, 500, 502, 503, 504})


def verify(
    connector: Connector,
    scheme: Scheme,
    values: Mapping[str, str],
    *,
    policy: outbound.Policy | None = None,
) -> Verified:
    """Prove credentials by the scheme's own call, and read whose account they are of."""
    called = describe_call(connector, scheme, values)
    verification = scheme.verification
    if verification is None or (verification.skip and not values.get(verification.skip)):
        return Verified(Outcome("unverified"), called=called)
    prove = _prove_by_function if verification.function else _prove_by_request
    started = perf_counter()
    try:
        verified = prove(connector, scheme, verification, values, policy)
    except SpojitError as error:
        verified = Verified(_failed_proof(verification, error))
    except Exception as error:  # noqa: BLE001 - the wall: an answer may break any of its readers
        verified = Verified(_unforeseen(connector, error))
    timed = replace(verified.outcome, duration_ms=_elapsed_ms(started))
    return replace(verified, called=called, outcome=timed)


def call(
    connector: Connector,
    scheme: Scheme | None,
    tool: Tool,
    values: Mapping[str, str],
    arguments: Mapping[str, Any],
    *,
    policy: outbound.Policy | None = None,
    idempotency_key: str = "",
) -> Outcome:
    """Run one tool.

    Raises:
        InvalidArguments: the arguments do not fit the tool's schema, or its address.
    """
    fitting = given.check(tool, arguments)
    if scheme is not None and scheme.is_inbound:
        return Outcome("request_refused", detail="A webhook receives, and cannot make calls.")
    run = _run_function if tool.function else _run_request
    is_safe = _is_safe(tool, idempotency_key, fitting)
    started = perf_counter()
    try:
        outcome = run(connector, scheme, tool, values, fitting, policy, idempotency_key)
    except InvalidArguments:
        raise
    except SpojitError as error:
        outcome = _failed(error)
        if not is_safe and _may_have_happened(error):
            outcome = replace(outcome, name="outcome_unknown")
    except Exception as error:  # noqa: BLE001 - the wall, as in `verify`
        outcome = _unforeseen(connector, error, is_safe=is_safe)
    return replace(outcome, duration_ms=_elapsed_ms(started))


def describe_call(
    connector: Connector, scheme: Scheme, values: Mapping[str, str] | None = None
) -> str:
    """Say what verification calls; fields that are not known yet stay in braces."""
    verification = scheme.verification
    if verification is None:
        return ""
    if verification.request is None:
        return verification.called
    return identity.describe(connector, scheme, verification.request, values or {})


def _prove_by_request(
    connector: Connector,
    scheme: Scheme,
    verification: Verification,
    values: Mapping[str, str],
    policy: outbound.Policy | None,
) -> Verified:
    assert verification.request is not None
    request = requests.build(connector, scheme, verification.request, values, {})
    request.follow_redirects = verification.follow_redirects
    answer = outbound.send(request, policy=_policy(connector, policy))
    if not answer.is_authorized:
        raise CallFailed("bad_answer", "The service redirected to where no credentials go.")
    kind = verification.request.answer
    reading = answers.read(connector, answer, rules=verification.answers, kind=kind)
    verified = identity.judge(connector, scheme, values, answer, reading)
    if verified.outcome.name == "bad_answer":
        _refuse_private_redirect(connector, answer, policy)
    return verified


def _refuse_private_redirect(
    connector: Connector, answer: outbound.Answer, policy: outbound.Policy | None
) -> None:
    """Say so when a redirect that was not followed leads where nothing may go.

    Raises:
        AddressRefused: it leads to an address that is not allowed.
    """
    target = redirected.target(answer)
    if target:
        with suppress(outbound.NameNotFound):
            outbound.check_url(target, policy=_policy(connector, policy))


def _prove_by_function(
    connector: Connector,
    scheme: Scheme,
    verification: Verification,
    values: Mapping[str, str],
    policy: outbound.Policy | None,
) -> Verified:
    assert verification.function is not None
    account: Account = verification.function(_session(connector, scheme, values, policy))
    return Verified(
        Outcome("ok", detail=account.limited),
        account_id=account.id,
        account_name=account.name,
        place=account.place,
        environment=account.environment,
        scopes=account.scopes,
        limited=bool(account.limited),
    )


def _run_function(
    connector: Connector,
    scheme: Scheme | None,
    tool: Tool,
    values: Mapping[str, str],
    arguments: dict[str, Any],
    policy: outbound.Policy | None,
    _idempotency_key: str,
) -> Outcome:
    assert tool.function is not None
    named = functions.bind(tool, arguments)
    if functions.wants_session(tool.function):
        named[functions.SESSION] = _session(connector, scheme, values, policy)
    return Outcome("ok", data=tool.function(**named))


def _run_request(
    connector: Connector,
    scheme: Scheme | None,
    tool: Tool,
    values: Mapping[str, str],
    arguments: dict[str, Any],
    policy: outbound.Policy | None,
    idempotency_key: str,
) -> Outcome:
    def send(page: Mapping[str, Any], url: str, seconds_left: float) -> outbound.Answer:
        assert tool.request is not None
        request = requests.build(connector, scheme, tool.request, values, arguments, page=page)
        if url:
            request.url, request.query = url, []
        if idempotency_key and tool.idempotency_header:
            request.headers[tool.idempotency_header] = idempotency_key
        request.is_idempotent = _is_safe(tool, idempotency_key, arguments)
        return outbound.send(request, policy=_within(_policy(connector, policy), seconds_left))

    outcome = paging.follow(connector, tool, arguments, send)
    if _is_undecided(outcome) and not _is_safe(tool, idempotency_key, arguments):
        return replace(outcome, name="outcome_unknown")
    return outcome


def _policy(connector: Connector, policy: outbound.Policy | None) -> outbound.Policy:
    return ports.opened(connector, policy or outbound.Policy.default())


def _within(policy: outbound.Policy, seconds: float) -> outbound.Policy:
    """Give the policy no more than these seconds: whole ones, since each limit is kept."""
    return policy.with_total(ceil(seconds)) if ceil(seconds) < policy.total_seconds else policy


def _session(
    connector: Connector,
    scheme: Scheme | None,
    values: Mapping[str, str],
    policy: outbound.Policy | None,
) -> Session:
    key = scheme.key if scheme else ""
    return Session(connector, key, values, policy or outbound.Policy.default())


def _failed(error: SpojitError) -> Outcome:
    """Name a failure. A refusal of our own that has no outcome is a refused request."""
    name = str(getattr(error, "outcome", "request_refused"))
    return Outcome(name if name in MEANINGS else "request_refused", detail=error.message)


def _unforeseen(connector: Connector, error: Exception, *, is_safe: bool = True) -> Outcome:
    """Name an answer on which a reader broke; the exception's own text may hold any of it."""
    log.error("An answer broke its reader", connector=connector.key, error=type(error).__name__)
    return Outcome("bad_answer" if is_safe else "outcome_unknown")


def _failed_proof(verification: Verification, error: SpojitError) -> Outcome:
    """Name a failed proof: credentials that may not even be proven are refused ones, as by 403."""
    outcome = _failed(error)
    is_refused = outcome.name == "permission_missing" and verification.on_403 == "refused"
    return replace(outcome, name="credentials_refused") if is_refused else outcome


def _is_safe(tool: Tool, idempotency_key: str, arguments: Mapping[str, Any]) -> bool:
    """Say whether sending this twice is as good as once."""
    if idempotency_key and tool.idempotency_header:
        return True
    method = arguments.get("method") if tool.request and tool.request.free else None
    return tool.is_repeatable or method in {"GET", "HEAD", "OPTIONS"}


def _may_have_happened(error: SpojitError) -> bool:
    in_doubt = getattr(error, "outcome", "") in _IN_DOUBT
    return in_doubt and not getattr(error, "surely_not_sent", False)


def _is_undecided(outcome: Outcome) -> bool:
    """Say whether an answer leaves open if it happened; a 503 with Retry-After does not."""
    if outcome.status_code == 503 and outcome.retry_after_seconds is not None:
        return False
    return outcome.status_code in _UNDECIDED_STATUSES


def _elapsed_ms(started: float) -> int:
    return round((perf_counter() - started) * 1000)
