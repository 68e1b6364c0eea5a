"""Reads a URL strictly: whatever two readers could read differently is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import idna

from spojit.lib.outbound.errors import AddressRefused, MalformedAddress

if TYPE_CHECKING:
    from collections.abc import Iterable

PORTS = {"http": 80, "https": 443}
# RFC 3986, appendix B, narrowed to absolute http and https URLs.
_URL = re.compile(r"(?i:(https?))://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PATH_SAFE = "/:@!$&'()*+,;=-._~%"
_QUERY_SAFE = _PATH_SAFE + "?[]"


@dataclass(frozen=True, slots=True)
class Target:
    """An absolute URL in parts, each as it will be sent.

    Attributes:
        host: lower case, ASCII; an IPv6 address without brackets.
        path: percent-encoded, begins with a slash.
        query: percent-encoded, without the question mark.
    """

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)
    query: str = field(repr=False)

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port (RFC 6454)."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """The Host header's value: the port only when it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def resource(self) -> str:
        """Path and query, as in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def url(self) -> str:
        """The whole, without a fragment."""
        return f"{self.scheme}://{self.authority}{self.resource}"

    @property
    def place(self) -> str:
        """The whole, without the query."""
        return f"{self.scheme}://{self.authority}{self.path}"


def read(url: str, query: Iterable[tuple[str, str]] = ()) -> Target:
    """Read an absolute URL and put more query pairs behind its own.

    Raises:
        MalformedAddress: it is no http(s) URL, or holds control characters or backslashes.
        AddressRefused: it holds userinfo, or a host written in an unusual way.
    """
    if _FORBIDDEN.search(url):
        raise MalformedAddress("The URL holds a control character or a backslash.")
    match = _URL.fullmatch(url)
    if not match:
        raise MalformedAddress("The URL must begin with https:// and name a host.")
    scheme = match[1].lower()
    host, port = _read_authority(match[2], scheme)
    parts = [quote(match[4], safe=_QUERY_SAFE)] if match[4] else []
    parts += [more] if (more := encode_pairs(query)) else []
    return Target(scheme, host, port, quote(match[3], safe=_PATH_SAFE) or "/", "&".join(parts))


def encode_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Encode a query; a space becomes %20, as in a path.

    Raises:
        MalformedAddress: a value is no proper Unicode.
    """
    try:
        return urlencode(list(pairs), quote_via=quote)
    except UnicodeEncodeError:
        raise MalformedAddress("A value of the query is not proper text.") from None


def read_host(host: str) -> str:
    """Bring a host name or IP address into its one form.

    Raises:
        MalformedAddress: it is neither.
        AddressRefused: it is an address written in an unusual way, or has a zone.
    """
    if "%" in host:
        raise AddressRefused("The host holds a zone or an escape, which is not allowed.")
    if ":" in host:
        return _read_ipv6(host.removeprefix("[").removesuffix("]"))
    host = _to_ascii(host.removesuffix("."))
    labels = host.split(".")
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise MalformedAddress("The host name is not well-formed.")
    if _NUMBER.fullmatch(labels[-1]):
        _require_dotted_quad(host)
    return host


def _read_authority(authority: str, scheme: str) -> tuple[str, int]:
    if "@" in authority:
        raise AddressRefused("The URL holds a user name or password, which is not allowed.")
    match = _AUTHORITY.fullmatch(authority)
    if not match or not match[1]:
        raise MalformedAddress("The URL names no host, or its port is not a number.")
    port = int(match[2]) if match[2] else PORTS[scheme]
    if not 0 < port < 65536:
        raise MalformedAddress("The port must be from 1 to 65535.")
    return read_host(match[1]), port


def _read_ipv6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except ValueError:
        raise MalformedAddress("The host is not a well-formed IPv6 address.") from None


def _to_ascii(host: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode("ascii").removesuffix(".")
    except idna.IDNAError:
        raise MalformedAddress("The host name is not well-formed.") from None


def _require_dotted_quad(host: str) -> None:
    """Refuse 0177.1, 0x7f.1, 2130706433 and the like, which readers read differently."""
    try:
        ip_address(host)
    except ValueError:
        raise AddressRefused("The host is an IP address written in an unusual way.") from None
