"""A process does not serve when nothing but our own queries would keep tenants apart."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import OperationalError

from spojit import app_role, celery, embedded, starting
from tests.database import VAR_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture
def _in_production(settings: Settings) -> None:
    settings.IS_TRIAL = False


@pytest.fixture
def superuser(settings: Settings) -> Iterator[psycopg.Connection]:
    """Connect as who may change roles."""
    urls = embedded.running(VAR_DIR)
    assert urls
    name = settings.DATABASES["default"]["NAME"]
    with psycopg.connect(urls.superuser_database_url, dbname=name, autocommit=True) as connection:
        yield connection


@pytest.mark.usefixtures("_in_production")
def test_the_role_that_we_set_up_is_good() -> None:
    starting.refuse_powerful_role()
    assert app_role.faults() == []


@pytest.mark.usefixtures("_in_production")
def test_a_role_that_owns_a_table_stops_the_start(superuser: psycopg.Connection) -> None:
    superuser.execute("CREATE TABLE powers (id integer)")
    superuser.execute("ALTER TABLE powers OWNER TO spojit_app")
    try:
        with pytest.raises(SystemExit, match=r"the role of DATABASE_URL owns 1 tables, so that"):
            starting.refuse_powerful_role()
    finally:
        superuser.execute("DROP TABLE powers")


@pytest.mark.usefixtures("_in_production")
@pytest.mark.parametrize(
    "fault",
    ["is a superuser", "walks around row-level security", "is a member of spojit_owner"],
)
def test_every_fault_of_the_role_stops_the_start(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_role, "faults", lambda: [fault])
    with pytest.raises(SystemExit) as refused:
        starting.refuse_powerful_role()
    assert str(refused.value).startswith(
        f"Spojit cannot start: the role of DATABASE_URL {fault}, so that nothing would keep"
    )
    assert "\n" not in str(refused.value)


def test_the_role_is_looked_up_as_it_is(superuser: psycopg.Connection) -> None:
    """In a transaction that is rolled back: roles are shared with tests that run beside this."""
    found = []
    with superuser.transaction(force_rollback=True):
        for right in ("BYPASSRLS", "SUPERUSER"):
            superuser.execute(f"CREATE ROLE mighty_{right} {right}")
            superuser.execute(f"SET LOCAL ROLE mighty_{right}")
            found.append(superuser.execute(app_role.ROLE).fetchone())
            superuser.execute("RESET ROLE")
        superuser.execute("CREATE ROLE heir IN ROLE spojit_owner")
        superuser.execute("SET LOCAL ROLE heir")
        found.append(superuser.execute(app_role.ROLE).fetchone())
    assert [row and row[:2] for row in found] == [(False, True), (True, False), (False, False)]
    assert found[2] == (False, False, 0, ["spojit_owner"])


@pytest.mark.usefixtures("_in_production")
def test_a_database_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> list[str]:
        raise OperationalError

    monkeypatch.setattr(app_role, "faults", gone)
    with pytest.raises(SystemExit, match="PostgreSQL does not answer"):
        starting.refuse_powerful_role()


def test_a_trial_does_not_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_role, "faults", lambda: ["is a superuser"])
    starting.refuse_powerful_role()


def test_the_web_server_and_the_worker_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(starting, "refuse_powerful_role", lambda: asked.append("role"))
    monkeypatch.setattr(starting, "refuse_wrong_root_key", lambda: None)
    monkeypatch.setattr(starting, "shut_other_ways_out", lambda: None)
    monkeypatch.setattr("django.core.wsgi.get_wsgi_application", lambda: None)
    runpy.run_module("spojit.wsgi")
    assert asked == ["role"]
    celery._begin()
    assert asked == ["role", "role"]
