"""MySQL and MariaDB, and what speaks their protocol: RDS, Aurora, PlanetScale, TiDB."""

import contextlib
import re
import socket
from collections.abc import Iterator
from typing import Annotated, Any

import pymysql
from pydantic import Field
from pymysql.constants import CR, ER
from pymysql.cursors import SSCursor

from connectors import drivers
from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Link, Verification
from connectors.schemes import database
from connectors.session import Account, CallFailed, Session
from connectors.sql import MAX_ROWS, Changed, Rows, collect, schemes
from connectors.statements import MYSQL, require_reading

PORT = 3306
READING = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN"})

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

Sql = Annotated[str, Field(min_length=1, description="One statement. Write values as %s.")]
Parameters = Annotated[list[Any], Field(description="The values, in the order of the %s.")]
Limit = Annotated[int, Field(ge=1, le=MAX_ROWS, description="How many rows to give at most.")]
Table = Annotated[str, Field(min_length=1, description="The table's name.")]


class PinnedConnection(pymysql.Connection):
    """A connection that gives no clear-text password away over a line that is not verified."""

    is_verified = False

    def _process_auth(self, plugin_name: bytes, auth_packet: Any, handler: Any = None) -> Any:
        clear = plugin_name in {b"mysql_clear_password", b"dialog"}
        if clear and not self.is_verified:
            raise pymysql.err.OperationalError(CR.CR_AUTH_PLUGIN_CANNOT_LOAD, "refused")
        return super()._process_auth(plugin_name, auth_packet, handler)  # type: ignore[misc]


def verify(session: Session) -> Account:
    """Read who is signed in, in a session that cannot write."""
    with _connect(session) as connection, _failures(), connection.cursor() as cursor:
        _only_read(cursor)
        cursor.execute("SELECT CURRENT_USER(), DATABASE()")
        user, name = cursor.fetchone() or ("", "")
        host, place = connection.host, f"{connection.host}:{connection.port}"
    where = f"{name} on {host}" if name else host
    return Account(id=f"{user}|{place}/{name or ''}", name=f"{user}@{where}", place=place)


def query(
    session: Session, *, sql: Sql, parameters: Parameters | None = None, max_rows: Limit = 100
) -> Rows:
    """Reads rows with one statement, in a transaction that cannot write."""
    require_reading(sql, allowed=READING, refused=MYSQL)
    with _connect(session) as connection, _failures(), SSCursor(connection) as cursor:
        _require_filled(cursor, sql, parameters)
        _only_read(cursor)
        cursor.execute(sql, parameters or None)
        columns = [column[0] for column in cursor.description or []]
        rows = collect(columns, cursor.fetchall_unbuffered(), limit=max_rows)
        _leave_unread(connection, cursor)
        return rows


def execute(session: Session, *, sql: Sql, parameters: Parameters | None = None) -> Changed:
    """Runs one statement and commits it: INSERT, UPDATE, DELETE, DDL."""
    with _connect(session) as connection, _failures(), connection.cursor() as cursor:
        count = cursor.execute(sql, parameters or None)
        columns = [column[0] for column in cursor.description or []]
        found = cursor.fetchmany(MAX_ROWS) if columns else []
        rows = collect(columns, found, limit=MAX_ROWS)["rows"]
        connection.commit()
        return Changed(row_count=max(count, 0), rows=rows)


def list_tables(session: Session) -> Rows:
    """Lists the tables and views of the connection's database."""
    statement = (
        "SELECT table_name AS table_name, table_type AS table_type"
        " FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name"
    )
    return query(session, sql=statement, max_rows=MAX_ROWS)


def describe_table(session: Session, *, table: Table) -> Rows:
    """Lists the columns of a table: name, type, whether empty is allowed, default."""
    statement = (
        "SELECT column_name AS column_name, column_type AS column_type,"
        " is_nullable AS is_nullable, column_default AS column_default"
        " FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position"
    )
    return query(session, sql=statement, parameters=[table], max_rows=MAX_ROWS)


@contextlib.contextmanager
def _connect(session: Session) -> Iterator[PinnedConnection]:
    """Connect to the checked address for one use; the name stays for TLS. Raises: CallFailed."""
    target = database.target(session.values, port=PORT)
    pinned = session.address(target.host, target.port)
    connection = _prepared(session, target)
    opened = drivers.dial(pinned)
    with contextlib.closing(opened), drivers.deadline(lambda: _shut(opened)):
        with _failures(sent=False):
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


def _only_read(cursor: Any) -> None:
    """Make the whole session read-only and begin a transaction in it."""
    cursor.execute("SET SESSION TRANSACTION READ ONLY")
    cursor.execute("START TRANSACTION READ ONLY")


def _require_filled(cursor: Any, sql: str, parameters: list[Any] | None) -> None:
    """Look at the statement as it goes out: a value may have landed in quotes or in a comment.

    The driver writes values into the text; outside of those they are well quoted.
    """
    if not parameters:
        return
    try:
        whole = cursor.mogrify(sql, parameters)
    except (TypeError, ValueError, pymysql.MySQLError):
        raise InvalidArguments("The values do not fit the %s of the statement.") from None
    if re.search("[\"'`#]|--|/[*]", sql):
        require_reading(whole, allowed=READING, refused=MYSQL)


def _leave_unread(connection: PinnedConnection, cursor: Any) -> None:
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
def _failures(*, sent: bool = True) -> Iterator[None]:
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


_ANSWER = {"columns": ["id", "name"], "rows": [{"id": 1, "name": "Lamp"}], "is_truncated": False}

connector = Connector(
    key="mysql",
    name="MySQL / MariaDB",
    category="Data",
    summary="Read and write the tables of a MySQL or MariaDB database.",
    icon=Icon(mark="mysql"),
    documentation=[
        Link(title="MySQL reference manual", url="https://dev.mysql.com/doc/refman/en/"),
        Link(title="MariaDB documentation", url="https://mariadb.com/docs/"),
    ],
    before_you_start=[
        "The database must let this installation in; allow its address if there is a firewall.",
        "Use a user of its own with only the rights it needs. To only read, give it SELECT.",
    ],
    ports="any",
    schemes=schemes(
        port=PORT,
        prefixes="mysql|mariadb",
        source="https://dev.mysql.com/doc/refman/en/connecting-using-uri-or-key-value-pairs.html",
        verification=Verification(
            function=verify,
            called="SELECT CURRENT_USER(), DATABASE() in a read-only transaction",
            source="https://dev.mysql.com/doc/refman/en/information-functions.html",
        ),
    ),
    tools=[
        tool(
            query,
            title="Query",
            source="https://dev.mysql.com/doc/refman/en/select.html",
            example=Example(
                arguments={"sql": "SELECT id, name FROM items WHERE id = %s", "parameters": [1]},
                answer=_ANSWER,
            ),
        ),
        tool(
            execute,
            title="Execute",
            effect="destructive",
            source="https://dev.mysql.com/doc/refman/en/sql-statements.html",
            example=Example(
                arguments={"sql": "UPDATE items SET name = %s", "parameters": ["Lamp"]},
                answer={"row_count": 1, "rows": []},
            ),
        ),
        tool(
            list_tables,
            title="List tables",
            source="https://dev.mysql.com/doc/refman/en/information-schema-tables-table.html",
            example=Example(arguments={}, answer=_ANSWER),
        ),
        tool(
            describe_table,
            title="Describe a table",
            source="https://dev.mysql.com/doc/refman/en/information-schema-columns-table.html",
            example=Example(arguments={"table": "items"}, answer=_ANSWER),
        ),
    ],
)
