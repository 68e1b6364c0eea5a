"""PostgreSQL, and what speaks its protocol: Supabase, Neon, RDS, Aurora, Cloud SQL, poolers."""

import contextlib
import os
import socket
from collections.abc import Generator, Iterator
from itertools import chain
from typing import Annotated, Any, cast

import psycopg
from psycopg import pq
from pydantic import Field

from connectors import drivers
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Link, Verification
from connectors.schemes import database
from connectors.session import Account, CallFailed, Session
from connectors.sql import MAX_ROWS, Changed, Rows, collect, schemes
from connectors.statements import POSTGRESQL, require_reading

PORT = 5432
STATEMENT_SECONDS = 20
READING = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"})

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

Sql = Annotated[str, Field(min_length=1, description="One statement. Write values as $1, $2, …")]
Parameters = Annotated[list[Any], Field(description="The values of $1, $2 and so on.")]
Schema = Annotated[str, Field(description="The schema; public by default.")]
Table = Annotated[str, Field(min_length=1, description="The table's name.")]
Limit = Annotated[int, Field(ge=1, le=MAX_ROWS, description="How many rows to give at most.")]


def verify(session: Session) -> Account:
    """Read who is signed in, in a transaction that cannot write."""
    with _connect(session) as connection:
        connection.read_only = True
        row = _one(connection)
        host = connection.info.host
        port = connection.info.port
    user, name = str(row[0]), str(row[1])
    return Account(id=f"{user}@{host}:{port}/{name}", name=f"{user}@{name} on {host}")


def query(
    session: Session, *, sql: Sql, parameters: Parameters | None = None, max_rows: Limit = 100
) -> Rows:
    """Reads rows with one statement, in a transaction that cannot write."""
    require_reading(sql, allowed=READING, refused=POSTGRESQL)
    with _connect(session) as connection, _failures():
        connection.read_only = True
        _limit_time(connection)
        with psycopg.RawCursor(connection) as cursor:
            stream = cursor.stream(sql.encode(), parameters or [])
            first = list(next(stream, ()))
            columns = [column.name for column in cursor.description or []]
            rows = collect(columns, chain([first], stream) if first else (), limit=max_rows)
            cast("Generator[Any, None, None]", stream).close()
            return rows


def execute(session: Session, *, sql: Sql, parameters: Parameters | None = None) -> Changed:
    """Runs one statement and commits it: INSERT, UPDATE, DELETE, DDL. Gives RETURNING rows back."""
    with _connect(session) as connection, _failures():
        _limit_time(connection)
        with psycopg.RawCursor(connection) as cursor:
            cursor.execute(sql.encode(), parameters or [])
            count = max(cursor.rowcount, 0)
            columns = [column.name for column in cursor.description or []]
            found = cursor.fetchmany(MAX_ROWS) if columns else []
            rows = collect(columns, found, limit=MAX_ROWS)["rows"]
        connection.commit()
        return Changed(row_count=count, rows=rows)


def list_tables(session: Session, *, schema_name: Schema = "public") -> Rows:
    """Lists the tables and views of a schema that the user may see."""
    statement = (
        "SELECT table_name, table_type FROM information_schema.tables"
        " WHERE table_schema = $1 ORDER BY table_name"
    )
    return query(session, sql=statement, parameters=[schema_name], max_rows=MAX_ROWS)


def describe_table(session: Session, *, table: Table, schema_name: Schema = "public") -> Rows:
    """Lists the columns of a table: name, type, whether empty is allowed, default."""
    statement = (
        "SELECT column_name, data_type, is_nullable, column_default"
        " FROM information_schema.columns"
        " WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position"
    )
    return query(session, sql=statement, parameters=[schema_name, table], max_rows=MAX_ROWS)


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


@contextlib.contextmanager
def _connect(session: Session) -> Iterator[psycopg.Connection]:
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
def _failures() -> Iterator[None]:
    """Name what the database refused; its own text may hold data and stays here."""
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or ("08006" if isinstance(error, psycopg.OperationalError) else "")
        name = _KINDS.get(state) or _KINDS.get(state[:2], "request_refused")
        message = f"The database answered with SQLSTATE {state}." if error.sqlstate else ""
        raise CallFailed(name, message) from None


def _limit_time(connection: psycopg.Connection) -> None:
    milliseconds = str(STATEMENT_SECONDS * 1000)
    connection.execute("SELECT set_config('statement_timeout', %s, true)", [milliseconds])


def _one(connection: psycopg.Connection) -> tuple[Any, ...]:
    with _failures():
        _limit_time(connection)
        row = connection.execute("SELECT session_user, current_database()").fetchone()
    if row is None:
        raise CallFailed("bad_answer")
    return row


_ANSWER = {"columns": ["id", "name"], "rows": [{"id": 1, "name": "Lamp"}], "is_truncated": False}

connector = Connector(
    key="postgresql",
    name="PostgreSQL",
    category="Data",
    summary="Read and write the tables of a PostgreSQL database.",
    icon=Icon(mark="postgresql"),
    documentation=[
        Link(title="Documentation", url="https://www.postgresql.org/docs/current/"),
        Link(
            title="TLS modes",
            url="https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS",
        ),
    ],
    before_you_start=[
        "The database must let this installation in; allow its address if there is a firewall.",
        "Use a user of its own with only the rights it needs. To only read, give it SELECT.",
        "Poolers such as PgBouncer work too; use the pooler's host and port.",
    ],
    ports="any",
    schemes=schemes(
        port=PORT,
        prefixes="postgresql|postgres",
        source="https://www.postgresql.org/docs/current/libpq-connect.html",
        verification=Verification(
            function=verify,
            called="SELECT session_user, current_database() in a read-only transaction",
            source="https://www.postgresql.org/docs/current/functions-info.html",
        ),
    ),
    tools=[
        tool(
            query,
            title="Query",
            source="https://www.postgresql.org/docs/current/sql-select.html",
            example=Example(
                arguments={"sql": "SELECT id, name FROM items WHERE id = $1", "parameters": [1]},
                answer=_ANSWER,
            ),
        ),
        tool(
            execute,
            title="Execute",
            effect="destructive",
            source="https://www.postgresql.org/docs/current/sql-commands.html",
            example=Example(
                arguments={"sql": "UPDATE items SET name = $1", "parameters": ["Lamp"]},
                answer={"row_count": 1, "rows": []},
            ),
        ),
        tool(
            list_tables,
            title="List tables",
            source="https://www.postgresql.org/docs/current/infoschema-tables.html",
            example=Example(arguments={}, answer=_ANSWER),
        ),
        tool(
            describe_table,
            title="Describe a table",
            source="https://www.postgresql.org/docs/current/infoschema-columns.html",
            example=Example(arguments={"table": "items"}, answer=_ANSWER),
        ),
    ],
)
