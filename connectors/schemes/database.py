"""Database credentials: single fields, or a connection string that says the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from spojit.lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

TLS_WORDS = {
    "disable": "off",
    "allow": "off",
    "prefer": "off",
    "off": "off",
    "disabled": "off",
    "preferred": "off",
    "none": "off",
    "require": "unverified",
    "required": "unverified",
    "unverified": "unverified",
    "verify-ca": "ca",
    "verify_ca": "ca",
    "ca": "ca",
    "verify-full": "verify",
    "verify_identity": "verify",
    "verify": "verify",
}
"""What drivers call each strength of TLS, by our own four words."""


class BadConnectionString(Refused):
    """The text is not a connection string of this kind of database."""

    code = "bad_connection_string"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect and as whom.

    Attributes:
        tls: `verify` (certificate and name), `ca` (certificate only), `unverified`
            (encrypted only) or `off`.
    """

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    tls: str = "verify"


def target(values: Mapping[str, str], *, port: int) -> Target:
    """Read either form into the same target; `port` is the usual one.

    Raises:
        BadConnectionString: a connection string cannot be read.
    """
    if values.get("connection_string"):
        return parse(values["connection_string"], port=port)
    return Target(
        host=values.get("host", ""),
        port=int(values.get("port") or port),
        database=values.get("database", ""),
        user=values.get("username", ""),
        password=values.get("password", ""),
        tls=values.get("tls") or "verify",
    )


def parse(text: str, *, port: int) -> Target:
    """Read `scheme://user:password@host:port/database?sslmode=…`; TLS is verified by default.

    Raises:
        BadConnectionString: it names no host, several hosts, or is not such a text.
    """
    try:
        url = urlsplit(text)
        host, given = url.hostname or "", url.port
    except ValueError:
        raise BadConnectionString("The connection string is not well-formed.") from None
    if not url.scheme or not host or "," in url.netloc:
        raise BadConnectionString("Write it as scheme://user:password@host:port/database.")
    return Target(
        host=host,
        port=given or port,
        database=unquote(url.path.removeprefix("/")),
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        tls=_tls(url.scheme, url.query),
    )


def _tls(scheme: str, query: str) -> str:
    options = {name.lower(): found[-1].lower() for name, found in parse_qs(query).items()}
    word = next((options[name] for name in ("sslmode", "ssl-mode", "tls") if name in options), "")
    if word and word not in TLS_WORDS:
        raise BadConnectionString("Its TLS mode is not one that is known.")
    if scheme == "redis":
        return TLS_WORDS.get(word, "off")
    return TLS_WORDS.get(word, "verify")
