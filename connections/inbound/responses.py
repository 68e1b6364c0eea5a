"""What a sender is answered: what was taken, and what a run gave back, within bounds. Pure.

A run's Response decides status, body and a few headers. None of them reaches a browser's session,
a proxy or the connection: the address of a hook is one of ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from connections.inbound.answering import Awaited, State

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
CONTENT_TYPE = "content-type"
RUN = "Spojit-Run"
ALLOWED = frozenset({CONTENT_TYPE, "content-language", "content-disposition", "retry-after"})
WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT, HTTPStatus.NOT_MODIFIED})
SANDBOX = {"Content-Security-Policy": "default-src 'none'; sandbox"}
LONGEST_VALUE = 1_000

_OWN = re.compile(r"x-[a-z0-9-]{1,100}", re.ASCII)
_MEANT_FOR_OTHERS = re.compile(
    r"x-(accel|sendfile|lighttpd|litespeed|reproxy|forwarded|real|original|rewrite|http-method)"
    r"|x-(frame-options|content-type-options|xss-protection|permitted|dns-prefetch|request-id)"
)
"""Headers that a proxy or a browser acts on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender gets.

    `is_waking` says that a worker should be told of new work, `awaited` that another answer is to
    take this one's place, when it comes in time.
    """

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    is_waking: bool = False
    awaited: Awaited | None = None


def taken(
    delivery_id: UUID, run_ids: Iterable[UUID], *, is_waking: bool, awaited: Awaited | None
) -> Answer:
    """Say that a delivery is committed, and which runs it starts; whose is waited for first."""
    told = {"delivery": str(delivery_id), "runs": [str(run_id) for run_id in run_ids]}
    return Answer(202, json.dumps(told).encode(), is_waking=is_waking, awaited=awaited)


def of_run(run_id: UUID, state: State) -> Answer:
    """Say what a run gave back; or, when it ended without that, how.

    A run that completed without a Response is 200, one that failed 500: so a sender that counts on
    the run tries again, and is told the same.
    """
    if state.response is None:
        code = HTTPStatus.OK if state.status == "completed" else HTTPStatus.INTERNAL_SERVER_ERROR
        content = json.dumps({"run": str(run_id), "status": state.status}).encode()
        return Answer(code, content, headers={RUN: str(run_id)})
    status = int(state.response.get("status") or HTTPStatus.OK)
    headers = safe(state.response.get("headers"))
    kind = headers.pop(CONTENT_TYPE, "")
    body, usual = _body(state.response.get("body"))
    if status in WITHOUT_BODY:
        body = b""
    return Answer(status, body, kind or usual, {**headers, **SANDBOX, RUN: str(run_id)})


def of_state(run_id: UUID, state: State) -> Answer:
    """Tell how a run stands: no reason of a failure, which may name what the sender is not told."""
    told: dict[str, Any] = {
        "id": str(run_id),
        "status": state.status,
        "finished_at": state.finished_at.isoformat() if state.finished_at else None,
    }
    if state.response is not None:
        told["response"] = {name: state.response.get(name) for name in ("status", "body")}
    return Answer(200, json.dumps(told).encode())


def safe(headers: Any) -> dict[str, str]:
    """Keep the headers, by name in lower case, that say something of the body, or are the sender's.

    A value is one line of Latin-1; what else expressions made is left out.
    """
    given = headers.items() if isinstance(headers, Mapping) else ()
    named = {str(name).strip().lower(): value for name, value in given}
    return {
        name: text.strip()
        for name, value in named.items()
        if _is_allowed(name) and _is_line(text := value if isinstance(value, str) else str(value))
    }


def _is_allowed(name: str) -> bool:
    is_own = _OWN.fullmatch(name) is not None and not _MEANT_FOR_OTHERS.match(name)
    return name in ALLOWED or is_own


def _is_line(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return 0 < len(text) <= LONGEST_VALUE and text.isprintable()


def _body(value: Any) -> tuple[bytes, str]:
    if value is None:
        return b"", TEXT
    if isinstance(value, str):
        return value.encode(errors="replace"), TEXT
    return json.dumps(value).encode(), JSON
