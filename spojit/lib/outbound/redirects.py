"""Where a redirect leads, and what of a request may follow it there."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus, urljoin

from spojit.lib.outbound.errors import AddressRefused, BadAnswer, InvalidRequest
from spojit.lib.outbound.preparing import Hop
from spojit.lib.outbound.targets import Target, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spojit.lib.outbound.exchange import Raw
    from spojit.lib.outbound.types import Parts

MOST_REDIRECTS = 5
STATUSES = frozenset({301, 302, 303, 307, 308})
# All else may authorize, so it stays behind when the origin changes.
HARMLESS = frozenset({"accept", "accept-language", "user-agent"})
_LEAST_LENGTH = 6  # shorter values would be found by chance


def location(raw: Raw) -> str | None:
    """Give the address that an answer redirects to, if it does."""
    return raw.headers.get("location") if raw.status in STATUSES else None


def follow(hop: Hop, raw: Raw, credential: Parts) -> Hop:
    """Decide what is sent next (RFC 9110, section 15.4).

    To the same origin everything goes, to another one neither the credential nor a body nor any
    header that might authorize.

    Raises:
        AddressRefused: from https to http, or the address carries the credential elsewhere.
        BadAnswer: the address is malformed, or the body would have to go elsewhere.
    """
    target = _read(hop, raw)
    if hop.target.scheme == "https" and target.scheme == "http":
        raise AddressRefused(f"{hop.target.host} redirected from https to http.")
    hop = _as_get(hop) if _becomes_get(hop.method, raw.status) else hop
    if target.origin == hop.target.origin:
        return replace(hop, target=target)
    if hop.body is not None:
        raise BadAnswer(f"{hop.target.host} redirected what was sent to another host.")
    headers = {name: value for name, value in hop.headers.items() if name.lower() in HARMLESS}
    target = without_secrets(target, credential)
    return Hop(hop.method, target, headers, None, carries_credential=False)


def _read(hop: Hop, raw: Raw) -> Target:
    try:
        return read(urljoin(hop.target.url, _as_unicode(raw.headers["location"])))
    except (InvalidRequest, ValueError):
        raise BadAnswer(f"{hop.target.host} redirected to a malformed address.") from None


def _as_unicode(value: str) -> str:
    """Read UTF-8 where `http.client`, rightly, read Latin-1."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _becomes_get(method: str, status: int) -> bool:
    return (status == 303 and method != "HEAD") or (status in {301, 302} and method == "POST")


def _as_get(hop: Hop) -> Hop:
    kept = {
        name: value
        for name, value in hop.headers.items()
        if not name.lower().startswith("content-")
    }
    return replace(hop, method="GET", headers=kept, body=None)


def without_secrets(target: Target, credential: Parts) -> Target:
    """Take out the query pairs in which a service repeats the credential.

    Raises:
        AddressRefused: it stands in the host or path, from where it cannot be taken.
    """
    secrets = tuple(_spellings(credential))
    if _holds(f"{target.host}{target.path}", secrets):
        raise AddressRefused("The service redirected the credential to another host.")
    pairs = [pair for pair in target.query.split("&") if not _holds(pair, secrets)]
    return replace(target, query="&".join(pairs))


def shown(target: Target, credential: Parts) -> str:
    """Give where an answer came from, without query, and without a path that tells a secret."""
    if _holds(target.place, tuple(_spellings(credential))):
        return f"{target.scheme}://{target.authority}/••••"
    return target.place


def _holds(text: str, secrets: tuple[str, ...]) -> bool:
    plain = unquote_plus(text)
    return any(secret in text or secret in plain for secret in secrets)


def _spellings(credential: Parts) -> Iterator[str]:
    """Give each value, the token behind a word like Bearer, and what is in a Basic one."""
    for value in credential.values():
        token = value.rpartition(" ")[2]
        candidates = {value, token, *_of_basic(value)}
        yield from (text for text in candidates if len(text) >= _LEAST_LENGTH)


def _of_basic(value: str) -> list[str]:
    if not value.lower().startswith("basic "):
        return []
    try:
        return base64.b64decode(value[6:]).decode("latin-1").split(":", 1)
    except binascii.Error:
        return []
