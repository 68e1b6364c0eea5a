"""What the connectors of SQL databases share: schemes and rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from connectors.drivers import plain
from connectors.manifest import Choice, Field, Scheme, Verification
from connectors.session import CallFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_ROWS = 1_000
MAX_BYTES = 10 * 2**20

TLS_CHOICES = [
    Choice(value="verify", label="Verify certificate and host name"),
    Choice(
        value="ca",
        label="Verify certificate only",
        warning="Another server with a certificate of the same authority could take its place.",
    ),
    Choice(
        value="unverified",
        label="Encrypt without verifying",
        warning="Whoever stands in between can read the password and everything else.",
    ),
    Choice(
        value="off",
        label="No encryption",
        warning="The password and everything else can be read on the way.",
    ),
]


class Rows(TypedDict):
    """Rows of a result, each by column; `is_truncated` when there were more."""

    columns: list[str]
    rows: list[dict[str, Any]]
    is_truncated: bool


class Changed(TypedDict):
    """How many rows a statement touched, and the rows it gave back."""

    row_count: int
    rows: list[dict[str, Any]]


def schemes(*, port: int, prefixes: str, verification: Verification, source: str) -> list[Scheme]:
    """Make the two schemes of a database: single fields, and a connection string."""
    return [
        Scheme(
            key="database",
            label="Host, user and password",
            source=source,
            fields=[*_parts(port), ca_field()],
            verification=verification,
        ),
        Scheme(
            key="database_url",
            label="Connection string",
            source=source,
            fields=[connection_string(prefixes, port), ca_field()],
            verification=verification,
        ),
    ]


def ca_field() -> Field:
    """The field for a certificate authority of one's own."""
    return Field(
        key="ca_certificate",
        label="Certificate authority",
        help="Only when the server's certificate comes from a private authority: its PEM text.",
        kind="multiline",
        required=False,
        endpoint=True,
        max_length=50_000,
        pattern=r"(?s)-----BEGIN CERTIFICATE-----.*-----END CERTIFICATE-----",
        pattern_hint="it begins with -----BEGIN CERTIFICATE-----.",
    )


def collect(columns: Sequence[str], found: Iterable[Sequence[Any]], *, limit: int) -> Rows:
    """Take rows up to the limit. Raises: CallFailed when they are too large."""
    rows: list[dict[str, Any]] = []
    size = 0
    for values in found:
        if len(rows) >= limit:
            return Rows(columns=list(columns), rows=rows, is_truncated=True)
        row = {name: plain(value) for name, value in zip(columns, values, strict=True)}
        size += len(json.dumps(row))
        if size > MAX_BYTES:
            raise CallFailed("answer_too_large", "The rows are larger than 10 MiB.")
        rows.append(row)
    return Rows(columns=list(columns), rows=rows, is_truncated=False)


def _parts(port: int) -> list[Field]:
    return [
        Field(key="host", label="Host", kind="host", endpoint=True, placeholder="db.example.com"),
        Field(key="port", label="Port", kind="port", endpoint=True, default=str(port)),
        Field(key="database", label="Database", endpoint=True, max_length=128),
        Field(key="username", label="User", max_length=128),
        Field(key="password", label="Password", secret=True),
        tls_field(),
    ]


def tls_field() -> Field:
    """The choice of how TLS is used; the strongest is the default."""
    return Field(key="tls", label="TLS", choices=TLS_CHOICES, default="verify", endpoint=True)


def connection_string(prefixes: str, port: int) -> Field:
    """The field for a whole connection string, sealed since the password is in it."""
    shown = prefixes.partition("|")[0]
    return Field(
        key="connection_string",
        label="Connection string",
        help="Sealed whole, since the password is in it. TLS is verified unless it says otherwise.",
        kind="connection_string",
        secret=True,
        endpoint=True,
        placeholder=f"{shown}://user:password@db.example.com:{port}/name",
        pattern=rf"(?:{prefixes})://\S+",
        pattern_hint=f"it begins with {shown}://.",
    )
