"""What a refused request for tokens means: the person's turn, the OAuth app's, or nobody's. Pure.

Source of the codes: RFC 6749 sections 4.1.2.1 and 5.2; the connector declares the service's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors import paths
from connectors.oauth.authorizing import error_code

if TYPE_CHECKING:
    from connectors.manifest import TokenAnswer
    from connectors.oauth.types import Client

_APP = frozenset({"invalid_client", "unauthorized_client"})
_BUSY = frozenset({"server_error", "temporarily_unavailable"})
_TOO_MANY = frozenset({"rate_limited", "ratelimited", "slow_down", "too_many_requests"})

PERSON = "The service no longer accepts this authorization."
APP = "The service refused the OAuth app: its client ID or secret is wrong, or it may not do this."
FIELDS = "The service refused the client: its ID, secret or key is wrong, or it may not do this."
SCOPE = "The service does not give one of the scopes that were asked for."
REDIRECT = "The token endpoint redirected elsewhere, which is not followed."


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refusal comes to.

    Attributes:
        error: the code that decided, or else the one that was told.
    """

    outcome: str
    detail: str
    error: str


def is_failure(declared: TokenAnswer, data: Any) -> bool:
    """Say whether an answer with a good status is a refusal all the same."""
    if declared.success and paths.find(data, declared.success) is not True:
        return isinstance(data, dict)
    told = paths.find(data, declared.error) if declared.error else None
    return told is not paths.MISSING and bool(told)


def judge(client: Client, status: int, data: Any) -> Refusal:
    """Say what a refusal means; the finer code decides before the usual one, the status last."""
    oauth2 = client.oauth2
    usual = _code(data, oauth2.answer.error)
    finer = _code(data, oauth2.error_code)
    if status == 429:
        return _by_status(client, status, finer or usual)
    for code in filter(None, (finer, usual)):
        if refusal := _by_code(client, status, code):
            return refusal
    return _by_status(client, status, usual or finer)


def _code(data: Any, path: str) -> str:
    return error_code(paths.text(data, path)) if path else ""


def _by_code(client: Client, status: int, code: str) -> Refusal | None:
    """Judge by a code; a service with a fault of its own is only believed about the grant."""
    oauth2 = client.oauth2
    if code in map(str.lower, oauth2.client_errors) and status < 500:
        return _client(client, code)
    if code == "invalid_grant" or code in map(str.lower, oauth2.revoked_errors):
        return Refusal("credentials_refused", PERSON, code)
    if code in _BUSY:
        return Refusal("upstream_fault", "", code)
    if status >= 500:
        return None
    if code in _APP:
        return _client(client, code)
    if code in _TOO_MANY:
        return Refusal("rate_limited", "", code)
    return Refusal("request_refused", SCOPE, code) if code == "invalid_scope" else None


def _client(client: Client, code: str) -> Refusal:
    """Say whose fault a refused client is: a minted token's client is the credential itself."""
    if client.oauth2.client == "app":
        return Refusal("request_refused", APP, code)
    is_credential = not client.oauth2.is_authorized_by_person
    name = "credentials_refused" if is_credential else "request_refused"
    return Refusal(name, FIELDS, code)


def _by_status(client: Client, status: int, code: str) -> Refusal:
    said = f"The token endpoint answered with status {status}."
    if status == 401:
        return _client(client, code)
    if status == 429:
        return Refusal("rate_limited", said, code)
    if status == 408:
        return Refusal("timeout", said, code)
    if status >= 500 or status == 425:
        return Refusal("upstream_fault", said, code)
    if 300 <= status < 400:
        return Refusal("bad_answer", REDIRECT, code)
    return Refusal("request_refused", said, code)
