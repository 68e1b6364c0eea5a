"""The drivers against real servers: PostgreSQL, MariaDB and Redis."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.conf import settings
from psycopg.sql import SQL, Identifier

from connectors.catalogue import _postgresql as driver
from connectors.execution import InvalidArguments
from connectors.schemes.database import Target
from tests import servers, services
from tests.connectors.using import call, verify
from tests.servers.listener import listening

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def postgres() -> dict[str, str]:
    """The values of a connection to the tests' own server."""
    database = settings.DATABASES["default"]
    return {
        "host": str(database["HOST"]),
        "port": str(database["PORT"]),
        "database": str(database["NAME"]),
        "username": str(database["USER"]),
        "password": str(database["PASSWORD"]),
        "tls": "off",
    }


@pytest.fixture(scope="module")
def maria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The values of a connection to a MariaDB made for these tests."""
    with services.mariadb(servers.Authority(tmp_path_factory.mktemp("authority"))) as server:
        yield {
            "host": server.host,
            "port": str(server.port),
            "database": "shop",
            "username": "writer",
            "password": server.password,
            "tls": "off",
        }


@pytest.fixture
def closed(postgres: dict[str, str]) -> Iterator[str]:
    """The name of a database on the tests' server that the app's role may not connect to."""
    name = f"closed_{postgres['database']}"
    with psycopg.connect(os.environ["MIGRATION_DATABASE_URL"], autocommit=True) as owner:
        for statement in ("CREATE DATABASE {}", "REVOKE CONNECT ON DATABASE {} FROM PUBLIC"):
            owner.execute(SQL(statement).format(Identifier(name)))
        yield name
        owner.execute(SQL("DROP DATABASE {}").format(Identifier(name)))


def test_postgresql_says_who_is_signed_in(postgres: dict[str, str]) -> None:
    verified = verify("postgresql", postgres)
    user, host, port, name = (postgres[key] for key in ("username", "host", "port", "database"))
    assert verified.outcome.name == "ok"
    assert verified.account_id == f"{user}@{host}:{port}/{name}"
    assert verified.account_name == f"{user}@{name} on {host}"
    assert verified.environment == ""


def test_postgresql_takes_a_connection_string(postgres: dict[str, str]) -> None:
    user, password, host, port, name = (
        postgres[key] for key in ("username", "password", "host", "port", "database")
    )
    text = f"postgresql://{user}:{password}@{host}:{port}/{name}?sslmode=disable"
    assert verify("postgresql", {"connection_string": text}).outcome.name == "ok"


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"password": "wrong"}, "credentials_refused"),
        ({"username": "nobody-here"}, "credentials_refused"),
        ({"database": "nowhere"}, "not_found"),
        ({"tls": "verify"}, "tls"),
        ({"host": "10.0.0.1"}, "address_refused"),
        ({"port": "22"}, "address_refused"),
    ],
)
def test_postgresql_failures_have_their_outcomes(
    postgres: dict[str, str], change: dict[str, str], outcome: str
) -> None:
    assert verify("postgresql", postgres | change).outcome.name == outcome


def test_postgresql_says_what_is_wrong_with_a_database(
    postgres: dict[str, str], closed: str
) -> None:
    verified = verify("postgresql", postgres | {"database": closed})
    assert verified.outcome.name == "credentials_refused"
    assert verified.outcome.detail == "The user may not connect to this database."
    called = call("postgresql", postgres | {"database": closed}, "query", sql="SELECT 1")
    assert called.name == "permission_missing"
    missing = verify("postgresql", postgres | {"database": "nowhere"}).outcome
    assert missing.detail == "The server has no database of this name."
    nobody = {"username": "does not exist", "database": "permission denied for database"}
    assert verify("postgresql", postgres | nobody).outcome.name == "credentials_refused"


def test_postgresql_ignores_the_servers_own_environment(
    postgres: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", postgres["password"])
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_isolation=nonsense")
    without = {key: value for key, value in postgres.items() if key != "password"}
    assert verify("postgresql", without).outcome.name == "credentials_refused"
    assert verify("postgresql", postgres).outcome.name == "ok"


def test_postgresql_reads_rows_with_their_types(postgres: dict[str, str]) -> None:
    sql = (
        "SELECT 1 AS id, 'x'::text AS name, 1.50::numeric AS price, NULL AS nothing,"
        " DATE '2026-01-02' AS day, $1::int + 1 AS more"
    )
    outcome = call("postgresql", postgres, "query", sql=sql, parameters=[41])
    row = {
        "id": 1,
        "name": "x",
        "price": "1.50",
        "nothing": None,
        "day": "2026-01-02",
        "more": 42,
    }
    assert outcome.data == {"columns": list(row), "rows": [row], "is_truncated": False}


def test_postgresql_gives_no_more_rows_than_asked(postgres: dict[str, str]) -> None:
    sql = "SELECT generate_series(1, 100000) AS n"
    outcome = call("postgresql", postgres, "query", sql=sql, max_rows=2)
    assert outcome.data == {"columns": ["n"], "rows": [{"n": 1}, {"n": 2}], "is_truncated": True}
    none = call("postgresql", postgres, "query", sql="SELECT 1 AS n WHERE false")
    assert none.data["rows"] == []


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM django_migrations",
        "SELECT 1; COMMIT; DROP TABLE django_migrations",
        "WITH gone AS (DELETE FROM django_migrations RETURNING 1) SELECT * FROM gone",
        "/* SELECT */ COPY (SELECT 1) TO PROGRAM 'true'",
        "EXPLAIN ANALYZE DELETE FROM django_migrations",
    ],
)
def test_postgresql_query_only_reads(postgres: dict[str, str], sql: str) -> None:
    count = "SELECT count(*) FROM django_migrations"
    before = call("postgresql", postgres, "query", sql=count)
    assert outcome_of_query(postgres, sql) in {"request_refused", "permission_missing"}
    assert call("postgresql", postgres, "query", sql=count).data == before.data


def outcome_of_query(values: dict[str, str], sql: str) -> str:
    try:
        return call("postgresql", values, "query", sql=sql).name
    except InvalidArguments:
        return "request_refused"


def test_postgresql_executes_and_says_how_many_rows(postgres: dict[str, str]) -> None:
    sql = "CREATE TEMPORARY TABLE passing AS SELECT generate_series(1, 3) AS n"
    assert call("postgresql", postgres, "execute", sql=sql).name in {"ok", "permission_missing"}
    outcome = call("postgresql", postgres, "execute", sql="SELECT 7 AS n")
    assert outcome.data == {"row_count": 1, "rows": [{"n": 7}]}
    assert call("postgresql", postgres, "execute", sql="SELEC 7").name == "request_refused"


def test_postgresql_lists_tables(postgres: dict[str, str]) -> None:
    names = [row["table_name"] for row in call("postgresql", postgres, "list_tables").data["rows"]]
    assert "workspaces_user" in names or names == sorted(names)


def test_mariadb_says_who_is_signed_in(maria: dict[str, str]) -> None:
    verified = verify("mysql", maria)
    assert verified.outcome.name == "ok"
    assert verified.account_id == f"writer@%|127.0.0.1:{maria['port']}/shop"
    assert verified.account_name == "writer@%@shop on 127.0.0.1"


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"password": "wrong"}, "credentials_refused"),
        ({"username": "nobody-here"}, "credentials_refused"),
        ({"database": "nowhere"}, "credentials_refused"),
        ({"host": "192.168.0.1"}, "address_refused"),
    ],
)
def test_mariadb_failures_have_their_outcomes(
    maria: dict[str, str], change: dict[str, str], outcome: str
) -> None:
    assert verify("mysql", maria | change).outcome.name == outcome


def test_mariadb_is_not_talked_to_without_the_tls_that_was_asked_for(maria: dict[str, str]) -> None:
    assert verify("mysql", maria | {"tls": "verify"}).outcome.name == "tls"


def test_mariadb_reads_and_writes(maria: dict[str, str]) -> None:
    statement = "SELECT id, name, balance FROM customers WHERE id = %s"
    outcome = call("mysql", maria, "query", sql=statement, parameters=[1])
    assert outcome.data == {
        "columns": ["id", "name", "balance"],
        "rows": [{"id": 1, "name": "Ada", "balance": "12.50"}],
        "is_truncated": False,
    }
    many = call("mysql", maria, "query", sql="SELECT seq FROM seq_1_to_100000", max_rows=2)
    assert many.data["is_truncated"] is True
    statement = "UPDATE customers SET name = 'Hopper' WHERE id = 2"
    changed = call("mysql", maria, "execute", sql=statement)
    assert changed.data == {"row_count": 1, "rows": []}
    assert call("mysql", maria, "list_tables").data["rows"] == [
        {"table_name": "customers", "table_type": "BASE TABLE"}
    ]


def test_mariadb_query_only_reads(maria: dict[str, str]) -> None:
    for sql in (
        "DELETE FROM customers",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "/*!DELETE FROM customers*/ SELECT 1",
    ):
        with pytest.raises(InvalidArguments, match="only reads"):
            call("mysql", maria, "query", sql=sql)
    assert (
        call("mysql", maria, "query", sql="SELECT 1; DROP TABLE customers").name
        == "request_refused"
    )
    assert len(call("mysql", maria, "query", sql="SELECT id FROM customers").data["rows"]) == 2


def test_mariadb_users_who_may_only_read_are_told_so(maria: dict[str, str]) -> None:
    reader = maria | {"username": "reader"}
    assert verify("mysql", reader).outcome.name == "ok"
    refused = call("mysql", reader, "execute", sql="DELETE FROM customers")
    assert refused.name == "permission_missing"


@pytest.mark.parametrize("key", ["postgresql", "mysql", "redis"])
def test_a_server_that_hangs_up_is_unreachable(key: str) -> None:
    with listening(lambda connection: connection.close(), host="127.0.0.1", tls=None) as listener:
        values = {
            "host": "127.0.0.1",
            "port": str(listener.port),
            "database": "0",
            "username": "u",
            "password": "p",
            "tls": "off",
        }
        assert verify(key, values).outcome.name == "unreachable"


def test_psycopg_is_given_every_setting_that_an_environment_could_give() -> None:
    target = Target("db.example.com", 5432, "shop", "ada", "secret")
    given = driver.settings(target, address="192.0.2.1", ca_path="/ca.pem")
    wanted = {
        option.keyword.decode()
        for option in psycopg.pq.Conninfo.get_defaults()
        if option.envvar and option.keyword != b"service"
    }
    assert wanted - set(given) == set()
    assert given["sslmode"] == "verify-full"
    assert given["hostaddr"] == "192.0.2.1"
