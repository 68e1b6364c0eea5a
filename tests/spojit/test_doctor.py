"""The doctor: every line says what is wrong and how to mend it."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command

from connectors.models import Connector
from spojit import heartbeats
from spojit.doctor import Finding, Verdict, configuration, database, processes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_django.fixtures import Settings


def by_name(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {finding.what: finding for finding in findings}


@pytest.fixture
def owner() -> Iterator[psycopg.Connection]:
    """The owner's role, outside any transaction of the test."""
    with psycopg.connect(settings.MIGRATION_DATABASE_URL, autocommit=True) as connection:
        yield connection


def test_the_configuration_of_tests_is_a_trial_without_faults() -> None:
    found = list(configuration.examine())
    assert [finding for finding in found if finding.verdict is Verdict.BAD] == []
    assert by_name(found)["installation"].verdict is Verdict.LOOK


@pytest.mark.parametrize(
    ("name", "value", "what", "seen"),
    [
        ("DEBUG", True, "DEBUG", "on: error pages show settings"),
        ("SECRET_KEY", "short", "SECRET_KEY", "only 5 characters"),
        ("ALLOWED_HOSTS", ["*"], "ALLOWED_HOSTS", "any host name is answered"),
        ("ALLOWED_HOSTS", [], "ALLOWED_HOSTS", "no host name is answered"),
        ("WORKER_CONCURRENCY", 14, "pool", "30 connections for 30 worker threads"),
    ],
)
def test_a_bad_setting_is_found(
    settings: Settings, name: str, value: object, what: str, seen: str
) -> None:
    setattr(settings, name, value)
    finding = by_name(configuration.examine())[what]
    assert (finding.verdict, finding.seen) == (Verdict.BAD, seen)
    assert finding.remedy


def test_production_needs_https_and_mail(settings: Settings) -> None:
    settings.IS_TRIAL = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    found = by_name(configuration.examine())
    assert found["PUBLIC_URL"].verdict is Verdict.BAD
    assert found["mail"].verdict is Verdict.BAD
    assert found["TRUSTED_PROXIES"].verdict is Verdict.BAD


def test_a_mail_server_that_is_not_there_is_found(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    finding = by_name(configuration.examine())["mail"]
    assert finding.seen == "127.0.0.1:1 does not (ConnectionRefusedError)"


@pytest.mark.django_db
def test_a_database_in_order_has_no_fault() -> None:
    call_command("sync_connectors", verbosity=0)
    assert database.reach().verdict is Verdict.GOOD
    found = {finding.what: finding.verdict for finding in database.examine()}
    assert found == {
        "roles": Verdict.GOOD,
        "app role": Verdict.GOOD,
        "migrations": Verdict.GOOD,
        "walls": Verdict.GOOD,
        "audit log": Verdict.GOOD,
        "root keys": Verdict.GOOD,
        "catalogue": Verdict.GOOD,
        "clock": Verdict.GOOD,
    }


@pytest.mark.django_db(transaction=True)
def test_a_tenant_table_without_a_wall_is_named(owner: psycopg.Connection) -> None:
    owner.execute("CREATE TABLE forgotten (workspace_id uuid NOT NULL)")
    try:
        finding = by_name(database.examine())["walls"]
    finally:
        owner.execute("DROP TABLE forgotten")
    assert finding.verdict is Verdict.BAD
    assert finding.seen == "no row-level security on forgotten"


@pytest.mark.django_db(transaction=True)
def test_an_app_role_that_may_change_the_audit_log_is_found(owner: psycopg.Connection) -> None:
    owner.execute("GRANT UPDATE ON workspaces_auditevent TO spojit_app")
    try:
        finding = by_name(database.examine())["audit log"]
    finally:
        owner.execute("REVOKE UPDATE ON workspaces_auditevent FROM spojit_app")
    assert finding.seen == "the app's role may change and delete rows"


@pytest.mark.django_db(transaction=True)
def test_an_app_role_that_owns_a_table_is_found(owner: psycopg.Connection) -> None:
    owner.execute("CREATE TABLE owned (id integer)")
    owner.execute("GRANT CREATE ON SCHEMA public TO spojit_app")
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as app:
        app.execute("CREATE TABLE mine (id integer)")
        finding = by_name(database.examine())["app role"]
        app.execute("DROP TABLE mine")
    owner.execute("REVOKE CREATE ON SCHEMA public FROM spojit_app")
    owner.execute("DROP TABLE owned")
    assert finding.seen == "it owns 1 tables"


@pytest.mark.django_db
def test_one_role_for_everything_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["owner"], "USER", settings.DATABASES["default"]["USER"])
    finding = by_name(database.examine())["roles"]
    assert finding.seen == "spojit_app serves requests and owns the tables"


@pytest.mark.django_db
def test_a_catalogue_that_was_not_synced_names_the_connectors() -> None:
    call_command("sync_connectors", verbosity=0)
    Connector.objects.filter(key="http").update(version="0")
    finding = by_name(database.examine())["catalogue"]
    assert finding.seen == "not synced: http"
    assert finding.remedy == "Run manage.py sync_connectors."


def test_redis_answers() -> None:
    assert processes.reach().verdict is Verdict.GOOD


def test_a_redis_that_is_not_there_is_found(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    finding = processes.reach()
    assert (finding.verdict, finding.seen) == (Verdict.BAD, "not reachable (ConnectionError)")


def test_without_a_scheduler_the_last_sweep_is_missing() -> None:
    found = by_name(processes.examine())
    assert found["workers"].seen == "none answers"
    assert found["scheduler"].seen == "no sweep was ever done"


def test_an_old_sweep_is_found() -> None:
    cache.set(heartbeats.KEY, "2026-01-01T00:00:00+00:00")
    assert by_name(processes.examine())["scheduler"].verdict is Verdict.BAD


@pytest.mark.django_db
def test_the_command_exits_with_1_and_writes_one_object_for_each_check() -> None:
    output = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json", stdout=output)
    assert ended.value.code == 1
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    assert {line["what"] for line in lines} >= {"PostgreSQL", "walls", "workers", "disk"}
    assert {line["verdict"] for line in lines} == {"ok", "look", "bad"}
