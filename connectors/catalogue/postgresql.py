"""PostgreSQL, and what speaks its protocol: Supabase, Neon, RDS, Aurora, Cloud SQL, poolers."""

from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, cast

import psycopg
from pydantic import Field

from connectors.catalogue._postgresql import PORT, connect, failures
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Link, Verification
from connectors.session import Account, CallFailed, Session
from connectors.sql import MAX_ROWS, Changed, Rows, collect, schemes
from connectors.statements import POSTGRESQL, require_reading

if TYPE_CHECKING:
    from collections.abc import Generator

STATEMENT_SECONDS = 20
READING = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"})

Sql = Annotated[str, Field(min_length=1, description="One statement. Write values as $1, $2, …")]
Parameters = Annotated[list[Any], Field(description="The values of $1, $2 and so on.")]
Schema = Annotated[str, Field(description="The schema; public by default.")]
Table = Annotated[str, Field(min_length=1, description="The table's name.")]
Limit = Annotated[int, Field(ge=1, le=MAX_ROWS, description="How many rows to give at most.")]


def verify(session: Session) -> Account:
    """Read who is signed in, in a transaction that cannot write."""
    with connect(session) as connection:
        connection.read_only = True
        row = _one(connection)
        host = connection.info.host
        port = connection.info.port
    user, name, place = str(row[0]), str(row[1]), f"{host}:{port}"
    return Account(id=f"{user}@{place}/{name}", name=f"{user}@{name} on {host}", place=place)


def query(
    session: Session, *, sql: Sql, parameters: Parameters | None = None, max_rows: Limit = 100
) -> Rows:
    """Reads rows with one statement, in a transaction that cannot write."""
    require_reading(sql, allowed=READING, refused=POSTGRESQL)
    with connect(session) as connection, failures():
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
    with connect(session) as connection, failures():
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


def _limit_time(connection: psycopg.Connection) -> None:
    milliseconds = str(STATEMENT_SECONDS * 1000)
    connection.execute("SELECT set_config('statement_timeout', %s, true)", [milliseconds])


def _one(connection: psycopg.Connection) -> tuple[Any, ...]:
    with failures():
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
