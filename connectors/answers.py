"""Reads answers: what a status, headers and a body mean for this connector. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from connectors import paths, xml_values
from connectors.outcomes import Outcome
from spojit.lib import clock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.manifest import AnswerRule, Condition, Connector
    from spojit.lib.outbound.types import Answer

_BY_STATUS = {
    401: "credentials_refused",
    403: "permission_missing",
    404: "not_found",
    408: "timeout",
    410: "not_found",
    425: "upstream_fault",
    429: "rate_limited",
}
_SHOWN_HEADERS = ("content-type", "etag", "last-modified", "location", "request-id", "x-request-id")
LONGEST_WAIT_SECONDS = 24 * 3600.0
UNTOLD_REST_SECONDS = 1.0
"""Of a service that asks to slow down, and does not say for how long."""

_WHOLE = re.compile(r"[0-9]{1,10}")


_UNREADABLE = object()
"""What a body is that is neither JSON nor XML, or not what it says it is."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer came to, before it is told to anybody.

    Attributes:
        name: an outcome's name, or `valid_but_limited`.
        rule: the declared rule that decided it, if one did.
    """

    name: str
    rule: AnswerRule | None
    data: Any


def read(
    connector: Connector, answer: Answer, *, rules: Iterable[AnswerRule], kind: str
) -> Reading:
    """Judge an answer by the declared rules, and else by its status and body."""
    data = _parse(answer)
    for rule in (*rules, *connector.answers):
        if _fits(rule, answer, data):
            return Reading(rule.outcome, rule, data)
    name = _by_status(connector, answer)
    if name != "ok":
        return Reading(name, None, None)
    data = _as_declared(answer, data, kind)
    return Reading("ok" if data is not _UNREADABLE else "bad_answer", None, data)


def outcome(connector: Connector, answer: Answer, reading: Reading) -> Outcome:
    """Tell a reading as the outcome of a tool's call."""
    name = "permission_missing" if reading.name == "valid_but_limited" else reading.name
    detail = reading.rule.detail if reading.rule and reading.rule.detail else ""
    return Outcome(
        name=name,
        data=reading.data if name == "ok" else None,
        status_code=answer.status,
        detail=detail or _detail(name, answer.status),
        retry_after_seconds=retry_after(connector, answer, name),
        rest_seconds=rest_after(connector, answer, name),
        duration_ms=answer.duration_ms,
        headers=shown_headers(connector, answer),
    )


def shown_headers(connector: Connector, answer: Answer) -> dict[str, str]:
    """Pick the headers that help people and carry no secret."""
    limits = connector.rate_limit
    names = [*_SHOWN_HEADERS, *((limits.limit, limits.remaining, limits.reset) if limits else ())]
    return {name: answer.headers[name] for name in names if name and name in answer.headers}


def retry_after(connector: Connector, answer: Answer, name: str) -> float | None:
    """Say how many seconds the service asks to wait, at most a day.

    `Retry-After` is read as RFC 9110 section 10.2.3 says: seconds, or a date.
    """
    if name not in {"rate_limited", "upstream_fault", "timeout"}:
        return None
    wait = _from_retry_after(answer.headers.get("retry-after", ""))
    if wait is None and name == "rate_limited":
        wait = _from_reset(connector, answer)
    return None if wait is None else min(max(wait, 0.0), LONGEST_WAIT_SECONDS)


def rest_after(connector: Connector, answer: Answer, name: str) -> float | None:
    """Say for how many seconds the service's limit leaves no further call; None when it does.

    Also after an answer that is good: when the declared headers say that none is left.
    """
    if name == "rate_limited":
        wait = retry_after(connector, answer, name)
        return UNTOLD_REST_SECONDS if wait is None else wait
    wait = _from_reset(connector, answer) if _has_none_left(connector, answer) else None
    return None if wait is None else min(max(wait, 0.0), LONGEST_WAIT_SECONDS)


def _by_status(connector: Connector, answer: Answer) -> str:
    status = answer.status
    if 200 <= status < 300:
        return "ok"
    if status == 403 and _is_exhausted(connector, answer):
        return "rate_limited"
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return "upstream_fault"
    return "request_refused" if status >= 400 else "bad_answer"


def _is_exhausted(connector: Connector, answer: Answer) -> bool:
    """Say whether a 403 is a rate limit in disguise, by the headers that came with it."""
    return "retry-after" in answer.headers or _has_none_left(connector, answer)


def _has_none_left(connector: Connector, answer: Answer) -> bool:
    remaining = connector.rate_limit.remaining if connector.rate_limit else ""
    return bool(remaining) and answer.headers.get(remaining, "") == "0"


def _fits(rule: AnswerRule, answer: Answer, data: Any) -> bool:
    if rule.status and answer.status not in rule.status:
        return False
    if any(answer.headers.get(name, "") != value for name, value in rule.header.items()):
        return False
    return rule.body is None or _holds(rule.body, data)


def _holds(condition: Condition, data: Any) -> bool:
    found = paths.find(data, condition.path)
    if condition.one_of:
        return found in condition.one_of
    if "equals" in condition.model_fields_set:
        return bool(found == condition.equals)
    return found is not paths.MISSING and found is not None


def _parse(answer: Answer) -> Any:
    """Read the body as JSON or XML, whatever was declared: rules look into errors too."""
    if "xml" in answer.headers.get("content-type", ""):
        return _xml(answer.body)
    return _json(answer.body)


def _as_declared(answer: Answer, data: Any, kind: str) -> Any:
    """Give the body of a good answer as it is declared to be, or `_UNREADABLE`."""
    if kind == "nothing" or not answer.body.strip():
        return None
    if kind in {"json", "xml"}:
        return data
    is_structured = kind == "auto" and _is_json(answer)
    return data if is_structured else _text(answer)


def _is_json(answer: Answer) -> bool:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return _UNREADABLE


def _xml(body: bytes) -> Any:
    try:
        return xml_values.read(body)
    except xml_values.BadXml:
        return _UNREADABLE


def _text(answer: Answer) -> str:
    try:
        return answer.body.decode()
    except UnicodeDecodeError:
        return answer.body.decode("latin-1")


def _from_retry_after(text: str) -> float | None:
    seconds = _number(text)
    if seconds is not None:
        return seconds
    try:
        at = parsedate_to_datetime(text)
        return _seconds_until(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _from_reset(connector: Connector, answer: Answer) -> float | None:
    limits = connector.rate_limit
    found = _number(answer.headers.get(limits.reset, "")) if limits and limits.reset else None
    if not limits or found is None:
        return None
    return found if limits.reset_is == "seconds" else found - clock.now().timestamp()


def _number(text: str) -> float | None:
    """Read a whole number strictly: other digits than 0 to 9 are none, nor are endless ones."""
    found = _WHOLE.fullmatch(text.strip())
    return float(found.group()) if found else None


def _seconds_until(moment: datetime) -> float:
    return (moment - clock.now()).total_seconds()


def _detail(name: str, status: int) -> str:
    return "" if name == "ok" else f"The service answered with status {status}."
