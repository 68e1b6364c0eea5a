"""Roles and databases of the embedded PostgreSQL: an owner, an app that owns nothing, a demo.

What the app's role may do with tables is granted after each `migrate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from spojit.embedded import urls

if TYPE_CHECKING:
    from spojit.embedded.state import State

ROLES = {"owner": "LOGIN CREATEDB", "app": "LOGIN", "demo": "LOGIN"}
DEMO_ROWS = """
CREATE TABLE IF NOT EXISTS customers
    (id integer PRIMARY KEY, name text NOT NULL, country text NOT NULL);
CREATE TABLE IF NOT EXISTS orders (id integer PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers, total_cents integer NOT NULL);
INSERT INTO customers VALUES (1, 'Ada Lovelace', 'GB'), (2, 'Grace Hopper', 'US'),
    (3, 'Katherine Johnson', 'US') ON CONFLICT DO NOTHING;
INSERT INTO orders VALUES (1, 1, 4200), (2, 1, 1350), (3, 2, 9900), (4, 3, 700)
    ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS incoming
    (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reference text NOT NULL UNIQUE,
    customer text NOT NULL, total_cents integer NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now());
GRANT SELECT ON ALL TABLES IN SCHEMA public TO spojit_demo;
GRANT INSERT, UPDATE ON incoming TO spojit_demo
"""


def provision(state: State) -> None:
    """Make roles, databases and rights; doing it again changes nothing."""
    superuser = urls.of(state).superuser_database_url
    with psycopg.connect(superuser, autocommit=True) as connection:
        for name, rights in ROLES.items():
            _make_role(connection, f"spojit_{name}", rights, state.passwords[name])
        _make_database(connection, urls.DATABASE, owner="spojit_owner", user="spojit_app")
        _make_database(connection, urls.DEMO_DATABASE, owner="postgres", user="spojit_demo")
        connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
    with psycopg.connect(superuser, dbname=urls.DEMO_DATABASE, autocommit=True) as connection:
        connection.execute(DEMO_ROWS)


def _make_role(connection: psycopg.Connection, name: str, rights: str, password: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = "ALTER" if known else "CREATE"
    command = f"{verb} ROLE {{}} {rights} NOSUPERUSER NOBYPASSRLS PASSWORD {{}}"
    connection.execute(sql.SQL(command).format(sql.Identifier(name), sql.Literal(password)))


def _make_database(connection: psycopg.Connection, name: str, *, owner: str, user: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    names = {
        "name": sql.Identifier(name),
        "owner": sql.Identifier(owner),
        "user": sql.Identifier(user),
    }
    commands = [] if known else [sql.SQL("CREATE DATABASE {name} OWNER {owner}")]
    commands += [
        sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC"),
        sql.SQL("GRANT CONNECT ON DATABASE {name} TO {user}"),
    ]
    for command in commands:
        connection.execute(command.format(**names))
