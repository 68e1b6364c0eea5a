"""What happens to a request at a hook: looked up, checked, stored, answered. In this order.

An unknown token costs the same look-up and signature as a known one, and no answer but that of an
accepted delivery tells anything.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import structlog

from connections.inbound import (
    answering,
    checking,
    hooks,
    masking,
    pace,
    responses,
    standing,
    storing,
)
from connections.inbound.answering import Awaited
from connections.inbound.responses import TEXT, Answer
from connectors import registry, signatures
from spojit.lib import metrics
from spojit.lib.errors import SpojitError
from spojit.lib.ids import NOBODY

if TYPE_CHECKING:
    from uuid import UUID

    from connections.inbound.arriving import Request
    from connections.inbound.checking import Checked
    from connections.inbound.hooks import Found
    from connections.inbound.storing import Stored
    from connectors.manifest import Scheme

log = structlog.get_logger(__name__)

RETRY_SECONDS = 60
MOST_LOOKS = 3


def receive(token: str, request: Request) -> Answer:
    """Take one request. An answer of 202 stands for a delivery that is committed."""
    wait = pace.wait_of(pace.address(request.address))
    if wait:
        return _slow_down(wait)
    answer = _at_once(token, request)
    for _ in range(MOST_LOOKS):
        answer = answer or _looked_up(token, request)
    answer = answer or _LATER
    metrics.count_outcome("delivery", str(answer.status), seconds=request.milliseconds / 1000)
    return answer


def tell(token: str, run_id: UUID, *, address: str | None) -> Answer:
    """Tell how a run stands that a delivery to this very hook started, and of no other one.

    A token that is not known costs what a known one does, and gets the answer of an unknown run.
    """
    counted = pace.address(address)
    if wait := pace.wait_of(counted):
        return _slow_down(wait)
    pace.note(counted)
    found = hooks.find(token)
    where = (found.workspace_id, found.connection_id) if found else (NOBODY, NOBODY)
    state = answering.state(*where, run_id)
    return responses.of_state(run_id, state) if state else _NOT_FOUND


def _at_once(token: str, request: Request) -> Answer | None:
    """Accept what fits a hook as it was found before, if it still stands when that is stored."""
    found = hooks.remembered(token)
    if found is None or request.is_too_large or pace.wait_of(pace.connection(found.connection_id)):
        return None
    checked = _checked(found, request)
    accepted = checked is not None and checked.verdict.accepted
    answer = _accept(token, found, request, checked) if checked and accepted else None
    if answer is None:
        hooks.forget(token)
    return answer


def _looked_up(token: str, request: Request) -> Answer | None:
    """Look the hook up, and answer; None when it changed while the delivery was checked."""
    found = hooks.find(token)
    if found is None:
        signatures.spend(request.body)
        pace.note(pace.address(request.address))
        return _TOO_LARGE if request.is_too_large else _NOT_FOUND
    if request.is_too_large:
        return _refuse(found, request, "body_too_large", answer=_TOO_LARGE)
    checked = None if found.is_disabled else _checked(found, request)
    if checked is None:
        return _refuse(found, request, "connector_disabled")
    if checked.verdict.reason == checking.UNREADABLE.reason:
        standing.unreadable(found)
        return _refuse(found, request, checked.reason, headers=checked.headers, answer=_LATER)
    if not checked.verdict.accepted:
        return _refuse(found, request, checked.reason, headers=checked.headers)
    if wait := pace.wait_of(pace.connection(found.connection_id)):
        answer = _slow_down(wait)
        return _refuse(found, request, "rate_limited", headers=checked.headers, answer=answer)
    return _accept(token, found, request, checked)


def _checked(found: Found, request: Request) -> Checked | None:
    """Check against what was found; None when its connector is no longer in the catalogue."""
    scheme = _scheme(found)
    if scheme is None:
        return None
    return checking.against(
        scheme,
        found.versions,
        headers=request.headers,
        body=request.body,
        now=request.received_at,
    )


def _accept(token: str, found: Found, request: Request, checked: Checked) -> Answer | None:
    """Store; None when the hook no longer stands as it was found."""
    stored = standing.verified(found, request, checked)
    if stored is None:
        return None
    if found.status == "active":
        hooks.remember(token, found)
    is_waking = pace.note(
        pace.connection(found.connection_id), pace.address(request.address), wakes=True
    )
    if checked.verdict.challenge is not None:
        return Answer(200, checked.verdict.challenge.encode(), TEXT, is_waking=is_waking)
    run_ids = [one.started_by(stored.first_id) for one in stored.listeners]
    awaited = _awaited(found, stored)
    return responses.taken(stored.first_id, run_ids, is_waking=is_waking, awaited=awaited)


def _awaited(found: Found, stored: Stored) -> Awaited | None:
    """Say which run the sender waits for; a repeated delivery waits for that of the first."""
    first = next(iter(stored.listeners), None)
    if first is None or not first.waits_seconds:
        return None
    run_id = first.started_by(stored.first_id)
    return Awaited(
        found.workspace_id, found.connection_id, stored.first_id, run_id, first.waits_seconds
    )


def _refuse(
    found: Found,
    request: Request,
    reason: str,
    *,
    headers: masking.Shown | None = None,
    answer: Answer | None = None,
) -> Answer:
    kept = masking.shown_unopened(request.headers) if headers is None else headers
    storing.refused(found, request, reason=reason, headers=kept)
    pace.note(pace.address(request.address))
    log.info("Delivery refused", connection_id=str(found.connection_id), reason=reason)
    return answer or _REFUSED


def _scheme(found: Found) -> Scheme | None:
    """Find the scheme; none when its connector is no longer in the catalogue."""
    try:
        return registry.get(found.connector_key).scheme(found.scheme_key)
    except SpojitError:
        return None


def _error(status: int, sentence: str, **headers: str) -> Answer:
    content = json.dumps({"error": sentence}).encode()
    return Answer(status, content, headers={k.replace("_", "-"): v for k, v in headers.items()})


def _slow_down(seconds: int) -> Answer:
    return _error(429, "Too many requests.", Retry_After=str(seconds))


_REFUSED = _error(401, "The request was not accepted.")
_NOT_FOUND = _error(404, "There is nothing here.")
_TOO_LARGE = _error(413, "The body is too large.")
_LATER = _error(503, "Try again later.", Retry_After=str(RETRY_SECONDS))
