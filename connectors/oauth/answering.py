"""Reads what a token endpoint answered: tokens, or what went wrong and whose turn it is. Pure.

Nothing that the service wrote gets into a detail: codes are compared, and the sentences are ours.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from connectors import answers, paths
from connectors.oauth import capturing, lifetimes, refusals
from connectors.oauth.types import Answered, BadCapture, Tokens
from connectors.outcomes import MEANINGS, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import OAuth2, TokenAnswer
    from connectors.oauth.types import Client
    from spojit.lib.errors import SpojitError
    from spojit.lib.outbound.types import Answer

LARGEST_BYTES = 256 * 1024
LONGEST_TOKEN = 32_768
MOST_SCOPES = 500
_TOKEN = re.compile(r"[\x21-\x7e]+")  # RFC 6749, appendix A.12, without spaces
_SCOPE = re.compile(r"[\x21-\x7e]{1,300}")
_IN_DOUBT = frozenset({"timeout", "unreachable", "tls", "bad_answer", "answer_too_large"})
_UNDECIDED_STATUSES = frozenset({408, 500, 502, 503, 504})


def read(
    client: Client, answer: Answer, *, kept: Mapping[str, str], refresh_token: str = ""
) -> Answered:
    """Judge an answer.

    Args:
        client: who asked.
        answer: any status.
        kept: what was captured before.
        refresh_token: the one that was sent, which stays when the answer brings none.
    """
    if len(answer.body) > LARGEST_BYTES:
        return _timed(_unreadable("answer_too_large"), answer)
    data = parse(client.oauth2.answer, answer)
    if not 200 <= answer.status < 300 or refusals.is_failure(client.oauth2.answer, data):
        return _timed(refused(client, answer, data), answer)
    return _timed(_given(client, data, kept, refresh_token), answer)


def failed(error: SpojitError) -> Answered:
    """Name a failure on the way, or a refusal of our own."""
    name = str(getattr(error, "outcome", "request_refused"))
    outcome = Outcome(name if name in MEANINGS else "request_refused", detail=error.message)
    is_unsure = name in _IN_DOUBT and not getattr(error, "surely_not_sent", False)
    return Answered(outcome, is_in_doubt=is_unsure)


def parse(declared: TokenAnswer, answer: Answer) -> Any:
    """Read the body as it is declared, or as its Content-Type says; None when it is neither."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_form = declared.format == "form" or (
        declared.format == "auto" and kind in {"application/x-www-form-urlencoded", "text/plain"}
    )
    if is_form and not answer.body.lstrip().startswith(b"{"):
        return _form(answer.body)
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _form(body: bytes) -> dict[str, str] | None:
    try:
        return dict(parse_qsl(body.decode(), strict_parsing=True, max_num_fields=100)) or None
    except ValueError:
        return None


def refused(client: Client, answer: Answer, data: Any) -> Answered:
    """Name what a refusal comes to; after a fault of the service it may have been carried out."""
    refusal = refusals.judge(client, answer.status, data)
    outcome = Outcome(
        refusal.outcome,
        status_code=answer.status,
        detail=refusal.detail,
        retry_after_seconds=answers.retry_after(client.connector, answer, refusal.outcome),
    )
    is_asked_to_wait = answer.status == 503 and outcome.retry_after_seconds is not None
    is_undecided = (
        answer.status in _UNDECIDED_STATUSES
        and refusal.outcome in {"timeout", "upstream_fault"}
        and not is_asked_to_wait
    )
    return Answered(outcome, error=refusal.error, is_in_doubt=is_undecided)


def _given(client: Client, data: Any, kept: Mapping[str, str], refresh_token: str) -> Answered:
    """Take the tokens out of a good answer; one that cannot be read may have cost the old ones."""
    declared = client.oauth2.answer
    found = paths.find(data, declared.within)
    access_token = paths.find(found, declared.access_token)
    renewed = paths.find(found, declared.refresh_token)
    renewed = refresh_token if renewed in (paths.MISSING, None, "") else renewed
    if not _is_token(access_token) or not (renewed == "" or _is_token(renewed)):
        return _unreadable("bad_answer")
    try:
        captured = capturing.from_answer(client.oauth2.captured, data, kept=kept)
    except BadCapture as bad:
        return _unreadable("bad_answer", bad.message)
    tokens = Tokens(
        access_token,
        renewed,
        lifetimes.expires_in(client.oauth2, found, access_token),
        lifetimes.refresh_expires_in(client.oauth2, found),
        _scopes(client.oauth2, found),
        captured,
    )
    return Answered(Outcome("ok"), tokens)


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TOKEN and bool(_TOKEN.fullmatch(value))


def _scopes(oauth2: OAuth2, found: Any) -> list[str] | None:
    """Read the granted scopes, a text or a list; None when there is nothing that could be them."""
    told = paths.find(found, oauth2.answer.scope) if oauth2.answer.scope else None
    if isinstance(told, str):
        separator = (oauth2.answer.scope_separator or oauth2.scope_separator).strip()
        told = told.split(separator or None)
    if not isinstance(told, list):
        return None
    scopes = [scope.strip() for scope in told if isinstance(scope, str)]
    fitting = dict.fromkeys(scope for scope in scopes if _SCOPE.fullmatch(scope))
    return list(fitting)[:MOST_SCOPES]


def _unreadable(name: str, detail: str = "") -> Answered:
    return Answered(Outcome(name, detail=detail), is_in_doubt=True)


def _timed(answered: Answered, answer: Answer) -> Answered:
    """Say what the answer's own frame tells: its status, and how long it took."""
    outcome = replace(answered.outcome, status_code=answer.status, duration_ms=answer.duration_ms)
    return replace(answered, outcome=outcome)
