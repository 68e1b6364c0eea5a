"""MySQL and MariaDB, and what speaks their protocol: RDS, Aurora, PlanetScale, TiDB."""

import re
from types import ModuleType
from typing import Annotated, Any

from pydantic import Field

from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Link, Verification
from connectors.session import Account, Session
from connectors.sql import MAX_ROWS, Changed, Rows, collect, schemes
from connectors.statements import MYSQL, require_reading

PORT = 3306
READING = frozenset({"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN"})

Sql = Annotated[str, Field(min_length=1, description="One statement. Write values as %s.")]
Parameters = Annotated[list[Any], Field(description="The values, in the order of the %s.")]
Limit = Annotated[int, Field(ge=1, le=MAX_ROWS, description="How many rows to give at most.")]
Table = Annotated[str, Field(min_length=1, description="The table's name.")]


def verify(session: Session) -> Account:
    """Read who is signed in, in a session that cannot write."""
    mysql = _driver()
    with mysql.connect(session) as connection, mysql.failures(), connection.cursor() as cursor:
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
    mysql = _driver()
    with (
        mysql.connect(session) as connection,
        mysql.failures(),
        mysql.reading(connection) as cursor,
    ):
        _require_filled(cursor, sql, parameters)
        _only_read(cursor)
        cursor.execute(sql, parameters or None)
        columns = [column[0] for column in cursor.description or []]
        rows = collect(columns, cursor.fetchall_unbuffered(), limit=max_rows)
        mysql.leave_unread(connection, cursor)
        return rows


def execute(session: Session, *, sql: Sql, parameters: Parameters | None = None) -> Changed:
    """Runs one statement and commits it: INSERT, UPDATE, DELETE, DDL."""
    mysql = _driver()
    with mysql.connect(session) as connection, mysql.failures(), connection.cursor() as cursor:
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


def _driver() -> ModuleType:
    """Load the driver only when it is used: the catalogue is read without it."""
    from connectors.catalogue import _mysql  # noqa: PLC0415 - slow to load

    return _mysql


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
    whole = _driver().filled(cursor, sql, parameters)
    if re.search("[\"'`#]|--|/[*]", sql):
        require_reading(whole, allowed=READING, refused=MYSQL)


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
