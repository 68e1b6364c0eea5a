"""How the MySQL connector reaches a server: pinned, secured, signed in; and what fails."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pymysql
from pymysql.constants import CR, ER
from pymysql.cursors import SSCursor

from connectors import drivers
from connectors.encoding import InvalidArguments
from connectors.schemes import database
from connectors.session import CallFailed, Session

PORT = 3306

_ACCESS_DENIED_WITHOUT_PASSWORD = 1698
"""What MariaDB says to users it does not know; PyMySQL has no name for it."""

_KINDS = {
    ER.ACCESS_DENIED_ERROR: "credentials_refused",
    _ACCESS_DENIED_WITHOUT_PASSWORD: "credentials_refused",
    ER.DBACCESS_DENIED_ERROR: "permission_missing",
    ER.BAD_DB_ERROR: "not_found",
    ER.HOST_IS_BLOCKED: "upstream_fault",
    ER.HOST_NOT_PRIVILEGED: "credentials_refused",
    ER.CON_COUNT_ERROR: "upstream_fault",
    ER.TABLEACCESS_DENIED_ERROR: "permission_missing",
    ER.COLUMNACCESS_DENIED_ERROR: "permission_missing",
    ER.SPECIFIC_ACCESS_DENIED_ERROR: "permission_missing",
    CR.CR_SSL_CONNECTION_ERROR: "tls",
    CR.CR_SERVER_LOST: "unreachable",
    CR.CR_SERVER_GONE_ERROR: "unreachable",
    CR.CR_CONN_HOST_ERROR: "unreachable",
    CR.CR_AUTH_PLUGIN_CANNOT_LOAD: "credentials_refused",
}
"""Error numbers by outcome; all others are refused requests."""


class PinnedConnection(pymysql.Connection):
    """A connection that gives no clear-text password away over a line that is not verified."""

    is_verified = False

    def _process_auth(self, plugin_name: bytes, auth_packet: Any, handler: Any = None) -> Any:
        clear = plugin_name in {b"mysql_clear_password", b"dialog"}
        if clear and not self.is_verified:
            raise pymysql.err.OperationalError(CR.CR_AUTH_PLUGIN_CANNOT_LOAD, "refused")
        return super()._process_auth(plugin_name, auth_packet, handler)  # type: ignore[misc]


@contextlib.contextmanager
def connect(session: Session) -> Iterator[PinnedConnection]:
    """Connect to the checked address for one use; the name stays for TLS. Raises: CallFailed."""
    target = database.target(session.values, port=PORT)
    pinned = session.address(target.host, target.port)
    connection = _prepared(session, target)
    opened = drivers.dial(pinned)
    with contextlib.closing(opened), drivers.deadline(lambda: _shut(opened)):
        with failures(sent=False):
            connection.connect(opened)
        try:
            yield connection
        finally:
            _stop(connection)


def _prepared(session: Session, target: database.Target) -> PinnedConnection:
    connection = PinnedConnection(
        host=target.host,
        port=target.port,
        user=target.user,
        password=target.password,
        database=target.database or None,
        charset="utf8mb4",
        connect_timeout=drivers.CONNECT_SECONDS,
        read_timeout=drivers.TOTAL_SECONDS,
        write_timeout=drivers.TOTAL_SECONDS,
        local_infile=False,
        program_name="spojit",
        defer_connect=True,
        ssl_disabled=target.tls == "off",
        ssl=None if target.tls == "off" else _context(session, target),
    )
    connection.is_verified = target.tls in {"verify", "ca"}
    return connection


def _context(session: Session, target: database.Target) -> Any:
    return drivers.tls_context(
        target.tls,
        ca_files=(session.policy.ca_bundle,),
        ca_text=session.values.get("ca_certificate", ""),
    )


def leave_unread(connection: PinnedConnection, cursor: Any) -> None:
    """Forget the rest of a result: the driver would read it all before it hangs up."""
    for result in (cursor._result, getattr(connection, "_result", None)):  # noqa: SLF001
        if result is not None:
            result.unbuffered_active = False
    _stop(connection)


def _shut(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)


def _stop(connection: PinnedConnection) -> None:
    """Hang up without reading what is left of a result."""
    connection._force_close()  # type: ignore[attr-defined]  # noqa: SLF001 - does not wait


@contextlib.contextmanager
def failures(*, sent: bool = True) -> Iterator[None]:
    """Name what the database refused; its own text may hold data and stays here."""
    try:
        with drivers.network_failures(sent=sent):
            yield
    except pymysql.MySQLError as error:
        _refuse_lost(error, sent=sent)
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        name = _KINDS.get(number, _unnamed(number, sent=sent))
        message = f"The database answered with error {number}." if number else ""
        raise CallFailed(name, message, surely_not_sent=not sent) from None
    except (RuntimeError, AssertionError, IndexError, ValueError):
        message = "The server did not speak the protocol of MySQL."
        raise CallFailed("bad_answer", message, surely_not_sent=not sent) from None


def _refuse_lost(error: pymysql.MySQLError, *, sent: bool) -> None:
    """Name what PyMySQL wraps in one error: a bad certificate, a timeout, a lost connection."""
    original = getattr(error, "original_exception", None)
    if isinstance(original, OSError):
        with drivers.network_failures(sent=sent):
            raise original


def _unnamed(number: int, *, sent: bool) -> str:
    if sent:
        return "request_refused"
    return "upstream_fault" if number else "bad_answer"


def reading(connection: PinnedConnection) -> SSCursor:
    """Give a cursor that does not read ahead."""
    return SSCursor(connection)


def filled(cursor: Any, sql: str, parameters: list[Any]) -> str:
    """Write values into a statement, as it goes out. Raises: InvalidArguments."""
    try:
        return str(cursor.mogrify(sql, parameters))
    except (TypeError, ValueError, pymysql.MySQLError):
        raise InvalidArguments("The values do not fit the %s of the statement.") from None
