"""The same guard under a `requests` session, for libraries that bring a session of their own."""

from __future__ import annotations

import io
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import BaseAdapter

from spojit.lib.outbound.deadlines import Deadline
from spojit.lib.outbound.errors import BadAnswer, InvalidRequest
from spojit.lib.outbound.exchange import Raw, Wire, exchange
from spojit.lib.outbound.policy import Policy
from spojit.lib.outbound.preparing import IDEMPOTENT, OURS, check_headers, check_method
from spojit.lib.outbound.redirects import location
from spojit.lib.outbound.targets import read

if TYPE_CHECKING:
    from collections.abc import Mapping


class GuardedAdapter(BaseAdapter):
    """Sends a session's requests through the guard; the session's own limits do not count.

    A redirect is refused: `requests` would take bodies and custom headers to another host.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        """Take a policy; None means the process's default at the time of each call."""
        super().__init__()
        self._policy = policy

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Send one request.

        Raises:
            OutboundError: as `spojit.lib.outbound.send`.
        """
        policy = self._policy or Policy.default()
        raw = exchange(_wire(request), policy=policy, deadline=Deadline(policy.total_seconds))
        if location(raw) is not None:
            raise BadAnswer("The service redirected, which is not followed here.")
        return _response(request, raw)

    def close(self) -> None:
        """Keep connections: the pool is the process's."""


def guard(session: requests.Session, *, policy: Policy | None = None) -> requests.Session:
    """Put a session behind the guard, away from proxies, .netrc and cookies; return it."""
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    session.mount("", GuardedAdapter(policy))
    return session


def _wire(request: requests.PreparedRequest) -> Wire:
    body = request.body.encode() if isinstance(request.body, str) else request.body
    if not isinstance(body, (bytes, type(None))):
        raise InvalidRequest("The body must be given whole.")
    method = check_method(request.method or "")
    headers = _headers(request.headers)
    return Wire(method, read(request.url or ""), headers, body, method in IDEMPOTENT)


def _headers(given: Mapping[str, Any]) -> dict[str, str]:
    headers = {
        name: value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in given.items()
        if name.lower() not in OURS
    }
    check_headers(headers)
    return headers


def _response(request: requests.PreparedRequest, raw: Raw) -> requests.Response:
    response = requests.Response()
    response.status_code = raw.status
    response.reason = raw.reason
    response.headers.update(raw.headers)
    response.headers.pop("Content-Encoding", None)
    response.url = request.url or ""
    response.request = request
    response.raw = io.BytesIO(raw.body)
    return response
