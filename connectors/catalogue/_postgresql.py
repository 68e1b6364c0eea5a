"""How the PostgreSQL connector reaches a server: pinned, secured, signed in; and what fails."""

import contextlib
import os
import socket
from collections.abc import Iterator

import psycopg
from psycopg import pq

from connectors import drivers
from connectors.schemes import database
from connectors.session import CallFailed, Session

PORT = 5432

_SSL_MODES = {"verify": "verify-full", "ca": "verify-ca", "unverified": "require", "off": "disable"}
_NOWHERE = "/nonexistent/spojit"
"""A path that never exists: libpq falls back to files in the home directory when given nothing."""

_KINDS = {
    "28": "credentials_refused",
    "3D000": "not_found",
    "42501": "permission_missing",
    "57014": "timeout",
    "53": "upstream_fault",
    "57": "upstream_fault",
    "58": "upstream_fault",
    "XX": "upstream_fault",
    "08": "unreachable",
}
"""SQLSTATEs, or their first two characters, by outcome; all others are refused requests."""

_ON_THE_WAY = (
    (("authentication", "pg_hba.conf", 'FATAL:  role "', "not permitted"), "credentials_refused"),
    (("permission denied for database",), "permission_missing"),
    (("does not exist", "no such database"), "not_found"),
    (("timeout expired",), "timeout"),
    (("certificate", "SSL", "TLS"), "tls"),
    (
        ("refused", "reset", "No route", "unreachable", "closed the connection", "not accept"),
        "unreachable",
    ),
    (("too many", "remaining connection slots", "starting up", "shutting down"), "upstream_fault"),
)
"""Words of libpq and of the server by which a failed connection is told apart (never shown)."""

_SAID = {
    "credentials_refused": "The database did not let us in.",
    "not_found": "The server has no database of this name.",
    "permission_missing": "The user may not connect to this database.",
}


@contextlib.contextmanager
def connect(session: Session) -> Iterator[psycopg.Connection]:
    """Connect for one use, and hang up whatever happens. Raises: CallFailed."""
    target = database.target(session.values, port=PORT)
    pinned = session.address(target.host, target.port)
    ca_text = session.values.get("ca_certificate", "")
    with drivers.ca_bundle(ca_files=(session.policy.ca_bundle,), ca_text=ca_text) as ca_path:
        connection = _open(settings(target, address=pinned.address, ca_path=ca_path))
    connection.prepare_threshold = None
    try:
        with drivers.deadline(lambda: _hang_up(connection)):
            yield connection
    finally:
        connection.close()


def settings(target: database.Target, *, address: str, ca_path: str) -> dict[str, str]:
    """Make libpq's settings: every one is given, so that none comes from the environment.

    The certificate authority file is for TLS that verifies; a password in clear text is only
    answered when the server has proven who it is.
    """
    return (
        _compiled_in()
        | _trusting(target, ca_path)
        | {
            "host": target.host,
            "hostaddr": address,
            "port": str(target.port),
            "dbname": target.database or target.user,
            "user": target.user,
            "password": target.password,
            "passfile": _NOWHERE,
            "application_name": "spojit",
            "client_encoding": "UTF8",
            "min_protocol_version": "3.0",
            "max_protocol_version": "3.0",
            "connect_timeout": str(drivers.CONNECT_SECONDS),
            "tcp_user_timeout": str(drivers.TOTAL_SECONDS * 1000),
        }
    )


def _compiled_in() -> dict[str, str]:
    """Give what libpq would use for each setting that an environment could set."""
    return {
        option.keyword.decode(): (option.compiled or b"").decode()
        for option in pq.Conninfo.get_defaults()
        if option.envvar and option.keyword != b"service"
    }


def _trusting(target: database.Target, ca_path: str) -> dict[str, str]:
    """Give the settings of encryption, and of what a server must prove before a password goes."""
    verifies = target.tls in {"verify", "ca"}
    return {
        "sslmode": _SSL_MODES[target.tls],
        "sslrootcert": ca_path if verifies else _NOWHERE,
        "sslcertmode": "disable",
        "sslcert": _NOWHERE,
        "sslkey": _NOWHERE,
        "sslcrl": _NOWHERE,
        "gssencmode": "disable",
        "require_auth": "" if verifies else "!password",
    }


def _open(given: dict[str, str]) -> psycopg.Connection:
    try:
        return psycopg.connect("", **given)  # type: ignore[arg-type]
    except psycopg.Error as error:
        name = _why_not_connected(error)
        raise CallFailed(name, _SAID.get(name, ""), surely_not_sent=True) from None


def _why_not_connected(error: psycopg.Error) -> str:
    """Tell by the words; what is not about the way there is the server's refusal."""
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return "timeout"
    _, reached, text = str(error).partition(" failed: ")
    for words, name in _ON_THE_WAY:
        if any(word in text for word in words):
            return name
    return "credentials_refused" if reached else "request_refused"


def _hang_up(connection: psycopg.Connection) -> None:
    """Shut the socket down under the driver: closing it in its place is not safe."""
    with (
        contextlib.suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as copy,
    ):
        copy.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def failures() -> Iterator[None]:
    """Name what the database refused; its own text may hold data and stays here."""
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or ("08006" if isinstance(error, psycopg.OperationalError) else "")
        name = _KINDS.get(state) or _KINDS.get(state[:2], "request_refused")
        message = f"The database answered with SQLSTATE {state}." if error.sqlstate else ""
        raise CallFailed(name, message) from None
