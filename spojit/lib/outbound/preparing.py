"""Turns a request into what goes over the wire at one hop, with or without its credential."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote_plus, urlencode

from spojit.lib.outbound.bodies import ACCEPTED
from spojit.lib.outbound.errors import AddressRefused, InvalidRequest
from spojit.lib.outbound.exchange import Wire
from spojit.lib.outbound.targets import encode_pairs
from spojit.lib.outbound.types import Outgoing, Parts, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spojit.lib.outbound.policy import Policy
    from spojit.lib.outbound.targets import Target

FORM = "application/x-www-form-urlencoded"
# RFC 9110, section 9.2.2.
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
# Framing and the host are ours: a second opinion on them is how requests are smuggled.
OURS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")  # RFC 9110, section 5.5


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a call: where to, and what of the request is still sent.

    Attributes:
        carries_credential: False once a redirect has left the first origin, for good.
    """

    method: str
    target: Target
    headers: dict[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    carries_credential: bool


def prepare(request: Request, hop: Hop, policy: Policy) -> Wire:
    """Put together what is sent at this hop.

    Raises:
        AddressRefused: the credential would go to a host it is not for.
        InvalidRequest: a header, the method or the body is malformed.
    """
    headers = _merge(_defaults(policy), hop.headers)
    target, body = hop.target, hop.body
    if hop.carries_credential:
        require_secret_host(target, request.secret_hosts)
        headers, target, body = _add(request.credential, headers, target, body)
    check_headers(headers)
    if hop.carries_credential and request.signer:
        headers = _merge(headers, _sign(request, hop.method, target, headers, body))
        check_headers(headers)
    is_idempotent = request.is_idempotent
    if is_idempotent is None:
        is_idempotent = hop.method in IDEMPOTENT
    return Wire(hop.method, target, headers, body, is_idempotent)


def require_secret_host(target: Target, secret_hosts: frozenset[str]) -> None:
    """Let a credential go only to the hosts it is for.

    Raises:
        AddressRefused: this host is none of them.
    """
    host = f"[{target.host}]" if ":" in target.host else target.host
    forms = {target.host, host, f"{host}:{target.port}"}
    if forms.isdisjoint(map(str.lower, secret_hosts)):
        raise AddressRefused(
            f"The credential is not for {target.host}.",
            hint="A credential is only sent to the hosts that its connector names.",
        )


def check_method(method: str) -> str:
    """Give the method in upper case.

    Raises:
        InvalidRequest: it is none, or one that makes a tunnel.
    """
    if not _TOKEN.fullmatch(method) or method.upper() in {"CONNECT", "TRACE"}:
        raise InvalidRequest("The method is not allowed.")
    return method.upper()


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse what could break out of its header line. Messages name the header, never its value.

    Raises:
        InvalidRequest: a name or a value is malformed, or the header is not the caller's to set.
    """
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise InvalidRequest("A header's name is not well-formed.")
        if name.lower() in OURS or name.lower().startswith("proxy-"):
            raise InvalidRequest(f"The header {name} cannot be set.")
        if not _VALUE.fullmatch(value):
            raise InvalidRequest(f"The header {name} holds a character that is not allowed.")


def _defaults(policy: Policy) -> dict[str, str]:
    return {"User-Agent": policy.user_agent, "Accept": "*/*", "Accept-Encoding": ACCEPTED}


def _add(
    parts: Parts, headers: dict[str, str], target: Target, body: bytes | None
) -> tuple[dict[str, str], Target, bytes | None]:
    if parts.headers:
        headers = _merge(headers, parts.headers)
    if parts.query or parts.path:
        target = replace(target, path=_fill(target.path, parts), query=_extend(target.query, parts))
    if parts.body_fields and body is not None:
        headers, body = _with_fields(headers, body, parts.body_fields)
    return headers, target, body


def _merge(headers: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Let the second set win, in whatever case its names are written."""
    lowered = {name.lower() for name in more}
    return {name: value for name, value in headers.items() if name.lower() not in lowered} | dict(
        more
    )


def _fill(path: str, parts: Parts) -> str:
    """Put each value in its first place only: what callers write stands behind it.

    A colon stays as it is (RFC 3986, section 3.3): Telegram's tokens hold one.
    """
    for name, value in parts.path.items():
        path = path.replace(placeholder(name), quote(value, safe=":"), 1)
    return path


def placeholder(name: str) -> str:
    """Give `{name}` as it stands in a path that was read."""
    return f"%7B{name}%7D"


def _extend(query: str, parts: Parts) -> str:
    """Add the credential's pairs; a pair of that name that was there, or came back, goes."""
    names = {name for name, _ in parts.query}
    kept = [
        pair
        for pair in query.split("&")
        if pair and unquote_plus(pair.partition("=")[0]) not in names
    ]
    return "&".join([*kept, encode_pairs(parts.query)] if names else kept)


def _with_fields(
    headers: dict[str, str], body: bytes, fields: dict[str, str]
) -> tuple[dict[str, str], bytes]:
    kinds = [value for name, value in headers.items() if name.lower() == "content-type"]
    kind = kinds[0].partition(";")[0].strip().lower() if kinds else FORM
    if kind == FORM:
        pairs = parse_qsl(body.decode(), keep_blank_values=True)
        kept = [pair for pair in pairs if pair[0] not in fields]
        return headers | ({} if kinds else {"Content-Type": FORM}), urlencode(
            [*kept, *fields.items()]
        ).encode()
    if kind == "application/json" or kind.endswith("+json"):
        return headers, json.dumps(_object(body) | fields).encode()
    raise InvalidRequest("The credential can only be put into a form or a JSON object.")


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object, to hold the credential.")
    return value


def _sign(
    request: Request, method: str, target: Target, headers: dict[str, str], body: bytes | None
) -> Mapping[str, str]:
    if request.signer is None:
        return {}
    sent = headers | {"Host": target.authority}
    return request.signer(Outgoing(method, target.url, sent, body or b""))
