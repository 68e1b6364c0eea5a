"""Real databases: whose account it is, what is refused, what may only be read; every tool once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

from connections import calls
from connections.calls import Use
from connectors.encoding import InvalidArguments
from tests import factories
from tests.proofs import acts

if TYPE_CHECKING:
    from connections.models import Connection
    from connectors.outcomes import Outcome
    from tests.proofs.acts import Seen
    from tests.proofs.conftest import Reach
    from tests.services import MariaDb

pytestmark = pytest.mark.django_db

USE = Use("person", name="Alice")


def of_url(variable: str, **more: str) -> dict[str, str]:
    """Take the values of a connection from a URL of the environment."""
    parts = urlsplit(os.environ[variable])
    return {
        "host": parts.hostname or "",
        "port": str(parts.port),
        "database": parts.path.removeprefix("/"),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "tls": "off",
    } | more


def connected(connector: str, values: dict[str, str], scheme: str = "database") -> Seen:
    """Create a connection and have it verified."""
    workspace = factories.make_workspace()
    return acts.verify(acts.connect(workspace, connector, scheme, values))


def call(connection: Connection, tool: str, **arguments: Any) -> Outcome:
    """Run a tool as a person or a workflow does."""
    return calls.call(connection, tool=tool, arguments=arguments, use=USE)


def rows_of(outcome: Outcome) -> list[list[Any]]:
    """Give the rows of a result without the names of their columns."""
    assert outcome.name == "ok", outcome
    return [list(row.values()) for row in outcome.data["rows"]]


# -- PostgreSQL: the embedded demo database, and this process's own -------------------------------


def postgresql(reach: Reach, variable: str = "DEMO_DATABASE_URL", **changes: str) -> Seen:
    values = of_url(variable, **changes)
    reach(int(values["port"]))
    return connected("postgresql", values)


def test_postgresql_tells_whose_account_it_is(reach: Reach) -> None:
    seen = postgresql(reach, host="db.example.com")
    assert (seen.status, seen.outcome) == ("active", "ok")
    assert seen.connection.account_name == "spojit_demo@spojit_demo on db.example.com"
    assert seen.says("spojit_demo@spojit_demo on db.example.com")


def test_postgresql_by_a_connection_string(reach: Reach) -> None:
    url = os.environ["DEMO_DATABASE_URL"]
    reach(urlsplit(url).port)
    seen = connected("postgresql", {"connection_string": f"{url}?sslmode=disable"}, "database_url")
    assert seen.status == "active"
    assert unquote(urlsplit(url).password or "") not in seen.page


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"password": "not the password"}, "credentials_refused"),
        ({"username": "nobody_here"}, "credentials_refused"),
        ({"tls": "verify"}, "tls"),
        ({"tls": "unverified"}, "tls"),
    ],
)
def test_postgresql_refuses_by_name(reach: Reach, changes: dict[str, str], outcome: str) -> None:
    acts.assert_said(postgresql(reach, **changes), outcome, status="error")


def test_postgresql_that_may_only_be_read_says_so_and_stays_active(reach: Reach) -> None:
    connection = postgresql(reach).connection
    assert rows_of(
        call(connection, "query", sql="SELECT name FROM customers WHERE id = $1", parameters=[2])
    ) == [["Grace Hopper"]]
    refused = call(connection, "execute", sql="DELETE FROM orders")
    assert refused.name == "permission_missing"
    seen = acts.look(connection)
    assert (seen.status, list(seen.connection.not_permitted)) == ("active", ["execute"])
    with pytest.raises(InvalidArguments):
        call(connection, "query", sql="DELETE FROM orders")
    hidden = "WITH gone AS (DELETE FROM orders RETURNING 1) SELECT * FROM gone"
    assert call(connection, "query", sql=hidden).name in {"permission_missing", "request_refused"}
    assert rows_of(call(connection, "query", sql="SELECT count(*) FROM orders")) == [[4]]


def test_postgresql_runs_every_tool(reach: Reach) -> None:
    connection = postgresql(reach, "MIGRATION_DATABASE_URL").connection
    create = "CREATE TABLE proof_items (id int PRIMARY KEY, name text NOT NULL DEFAULT 'Lamp')"
    assert call(connection, "execute", sql=create).name == "ok"
    try:
        insert = "INSERT INTO proof_items VALUES ($1, $2), (2, 'Ä ''b''') RETURNING id"
        assert rows_of(call(connection, "execute", sql=insert, parameters=[1, "Lamp"])) == [
            [1],
            [2],
        ]
        read = call(connection, "query", sql="SELECT * FROM proof_items ORDER BY id", max_rows=1)
        assert (rows_of(read), read.data["is_truncated"]) == ([[1, "Lamp"]], True)
        assert ["proof_items", "BASE TABLE"] in rows_of(call(connection, "list_tables"))
        assert rows_of(call(connection, "describe_table", table="proof_items")) == [
            ["id", "integer", "NO", None],
            ["name", "text", "NO", "'Lamp'::text"],
        ]
        assert call(connection, "query", sql="SELECT * FROM nowhere").name == "request_refused"
    finally:
        assert call(connection, "execute", sql="DROP TABLE proof_items").name == "ok"


# -- MariaDB: Debian's server on files of its own -------------------------------------------------


def mysql(reach: Reach, server: MariaDb, user: str = "writer", **changes: str) -> Seen:
    reach(server.port)
    values = {
        "host": server.name,
        "port": str(server.port),
        "database": "shop",
        "username": user,
        "password": server.password,
    }
    return connected("mysql", values | changes)


@pytest.mark.parametrize("tls", ["verify", "ca", "unverified", "off"])
def test_mariadb_tells_whose_account_it_is(reach: Reach, mariadb: MariaDb, tls: str) -> None:
    seen = mysql(reach, mariadb, tls=tls)
    assert (seen.status, seen.outcome) == ("active", "ok")
    assert seen.connection.account_name == "writer@%@shop on mariadb.test"
    session = call(seen.connection, "query", sql="SHOW SESSION STATUS LIKE 'Ssl_version'")
    assert rows_of(session)[0][1].startswith("TLS") == (tls != "off")


@pytest.mark.parametrize(
    ("user", "changes", "outcome"),
    [
        ("writer", {"password": "not the password"}, "credentials_refused"),
        ("nobody", {}, "credentials_refused"),
        ("strict", {"tls": "off"}, "credentials_refused"),
        ("writer", {"host": "other.test"}, "tls"),
        ("writer", {"database": "mysql"}, "credentials_refused"),
    ],
)
def test_mariadb_refuses_by_name(
    reach: Reach, mariadb: MariaDb, user: str, changes: dict[str, str], outcome: str
) -> None:
    acts.assert_said(mysql(reach, mariadb, user, **changes), outcome, status="error")


def test_mariadb_with_an_unknown_authority_is_tls(reach: Reach, mariadb: MariaDb) -> None:
    reach(mariadb.port, ca_bundle="")
    values = {"host": mariadb.name, "port": str(mariadb.port), "database": "shop"}
    seen = connected("mysql", values | {"username": "writer", "password": mariadb.password})
    acts.assert_said(seen, "tls", status="error")
    own = {"ca_certificate": mariadb.authority.bundle.read_text()}
    more = {"username": "writer", "password": mariadb.password} | own
    assert connected("mysql", values | more).status == "active"


def test_mariadb_by_a_connection_string_and_only_by_tls(reach: Reach, mariadb: MariaDb) -> None:
    reach(mariadb.port)
    place = f"{mariadb.name}:{mariadb.port}/shop"
    url = f"mysql://strict:{mariadb.password}@{place}?ssl-mode=VERIFY_IDENTITY"
    seen = connected("mysql", {"connection_string": url}, "database_url")
    assert (seen.status, mariadb.password in seen.page) == ("active", False)


def test_mariadb_that_may_only_be_read_says_so_and_stays_active(
    reach: Reach, mariadb: MariaDb
) -> None:
    connection = mysql(reach, mariadb, "reader").connection
    refused = call(connection, "execute", sql="DELETE FROM customers")
    assert refused.name == "permission_missing"
    seen = acts.look(connection)
    assert (seen.status, list(seen.connection.not_permitted)) == ("active", ["execute"])
    assert rows_of(call(connection, "query", sql="SELECT count(*) FROM customers")) == [[2]]


def test_mariadb_runs_every_tool(reach: Reach, mariadb: MariaDb) -> None:
    connection = mysql(reach, mariadb).connection
    insert = "INSERT INTO customers VALUES (%s, %s, 7)"
    added = call(connection, "execute", sql=insert, parameters=[9, "Ä 'b'"])
    assert added.data == {"row_count": 1, "rows": []}
    read = call(connection, "query", sql="SELECT * FROM customers WHERE id = %s", parameters=[9])
    assert rows_of(read) == [[9, "Ä 'b'", "7.00"]]
    removed = call(connection, "execute", sql="DELETE FROM customers WHERE id = 9")
    assert removed.data["row_count"] == 1
    assert rows_of(call(connection, "list_tables")) == [["customers", "BASE TABLE"]]
    described = rows_of(call(connection, "describe_table", table="customers"))
    assert [row[:3] for row in described] == [
        ["id", "int(11)", "NO"],
        ["name", "varchar(80)", "YES"],
        ["balance", "decimal(9,2)", "YES"],
    ]
    with pytest.raises(InvalidArguments):
        call(connection, "query", sql="UPDATE customers SET balance = 0")


# -- Redis: the embedded server, with a user who may do little ------------------------------------


def redis(reach: Reach, variable: str = "DEMO_REDIS_URL", **changes: str) -> Seen:
    values = of_url(variable, **changes)
    reach(int(values["port"]))
    return connected("redis", values)


def test_redis_tells_whose_account_it_is(reach: Reach) -> None:
    seen = redis(reach, host="cache.example.com")
    assert (seen.status, seen.outcome) == ("active", "ok")
    assert seen.connection.account_name == "demo on cache.example.com"


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"password": "not the password"}, "credentials_refused"),
        ({"username": "nobody"}, "credentials_refused"),
        ({"tls": "verify"}, "tls"),
    ],
)
def test_redis_refuses_by_name(reach: Reach, changes: dict[str, str], outcome: str) -> None:
    acts.assert_said(redis(reach, **changes), outcome, status="error")


def test_redis_stays_active_when_a_key_or_command_is_not_permitted(reach: Reach) -> None:
    connection = redis(reach).connection
    assert call(connection, "set", key="demo:proof", value="hello").data is True
    assert call(connection, "get", key="demo:proof").data == "hello"
    assert call(connection, "delete", keys=["demo:proof"]).data == 1
    assert call(connection, "get", key="elsewhere").name == "permission_missing"
    assert call(connection, "list_keys").name == "permission_missing"
    seen = acts.look(connection)
    assert (seen.status, sorted(seen.connection.not_permitted)) == ("active", ["get", "list_keys"])


def test_redis_runs_every_tool(reach: Reach) -> None:
    connection = redis(reach, "REDIS_URL").connection
    assert call(connection, "set", key="proof:a", value="Ä", expire_seconds=60).data is True
    assert call(connection, "get", key="proof:a").data == "Ä"
    assert call(connection, "get", key="proof:none").data is None
    assert call(connection, "increment", key="proof:n", by=3).data == 3
    assert sorted(call(connection, "list_keys", pattern="proof:*").data) == ["proof:a", "proof:n"]
    ttl = call(connection, "command", name="TTL", arguments=["proof:a"]).data
    assert 0 < ttl <= 60
    assert call(connection, "delete", keys=["proof:a", "proof:n"]).data == 2
    with pytest.raises(InvalidArguments):
        call(connection, "command", name="FLUSHALL")
