"""The commands around connections: what they list, verify and make, and what they refuse."""

from __future__ import annotations

import io
import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from connections import leases
from tests import factories
from tests.connections import steps
from workspaces.models import User, Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers import Server


def said(command: str, *given: str) -> str:
    written = io.StringIO()
    call_command(command, *given, stdout=written, stderr=written)
    return written.getvalue()


def listed(*given: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(said("list_connections", "--json", *given))
    return rows


def test_the_list_tells_all_but_values(cast: Cast, connection: Connection) -> None:
    [row], checked_at = listed(), steps.fresh(connection).checked_at
    assert steps.KEY not in json.dumps(row)
    assert checked_at
    assert row.pop("checked_at") == checked_at.isoformat()
    assert row == {
        "id": str(connection.pk),
        "workspace": cast.workspace.slug,
        "connector": "http",
        "scheme": "api_key",
        "name": "Shop",
        "stable_key": connection.stable_key,
        "status": "active",
        "reason": "",
        "account": connection.account_name,
        "environment": connection.environment,
        "owner": cast.bob.email,
        "is_private": False,
    }


def test_the_list_in_lines_tells_why(cast: Cast) -> None:
    factories.make_connection(cast.workspace, name="Shop")
    [row] = listed()
    line = "  ".join(row[word] for word in ("id", "workspace", "connector", "status", "name"))
    assert said("list_connections") == f"{line}\n"
    factories.make_connection(cast.workspace, name="Till", status="error", reason="refused")
    assert said("list_connections").splitlines()[1].endswith("  error  Till  (refused)")


def test_the_list_is_of_all_workspaces_or_one_and_of_any_status_or_one(cast: Cast) -> None:
    factories.make_connection(cast.workspace, name="Shop", status="error")
    factories.make_connection(cast.next_door, name="Till", status="active")
    assert {row["name"] for row in listed()} == {"Shop", "Till"}
    assert [row["name"] for row in listed("--workspace", cast.next_door.slug)] == ["Till"]
    assert [row["name"] for row in listed("--status", "error")] == ["Shop"]
    with pytest.raises(CommandError, match="There is no workspace 'nowhere'"):
        listed("--workspace", "nowhere")


def test_verifying_ends_well_when_all_are_active(connection: Connection) -> None:
    assert said("verify_connections").startswith("Shop: active. ")
    assert len(steps.checks(connection)) == 2


def test_one_that_fails_does_not_stop_the_others(
    cast: Cast, server: Server, connection: Connection
) -> None:
    wrong = steps.http_values(server, "a-key-that-is-not-right")
    factories.make_connection(cast.workspace, name="A wrong one", scheme="api_key", values=wrong)
    written = io.StringIO()
    with pytest.raises(CommandError, match="1 not Active") as failed:
        call_command("verify_connections", "--workspace", cast.workspace.slug, stdout=written)
    assert failed.value.returncode == 1
    told = [line.partition(".")[0] for line in written.getvalue().splitlines()]
    assert told == ["A wrong one: error", "Shop: active"]
    assert len(steps.checks(connection)) == 2


def test_one_that_is_being_verified_is_left_to_whoever_does(connection: Connection) -> None:
    leases.claim(connection)
    assert said("verify_connections") == "Shop: This connection is being verified right now.\n"


@pytest.fixture
def trial(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Be a trial on port 8123, in a folder of its own."""
    settings.IS_TRIAL, settings.VAR_DIR = True, tmp_path
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("DEMO_DATABASE_URL", "postgresql://demo:p%40ss@127.0.0.1:5499/shop")
    monkeypatch.setenv("DEMO_REDIS_URL", "redis://127.0.0.1:6399/0")
    for key in ("http", "postgresql", "redis", "spojit_webhook"):
        factories.make_connector(key)
    return tmp_path / "demo-password"


@pytest.mark.django_db
def test_the_demo_has_connections_to_this_machine_and_a_hook(trial: Path) -> None:
    written = said("make_demo")
    password = trial.read_text()
    assert "http://127.0.0.1:8123/w/demo/connections/" in written
    assert f"demo@example.com  {password}" in written
    assert User.objects.get(email="demo@example.com").check_password(password)
    assert stat.S_IMODE(trial.stat().st_mode) == 0o600
    names = {row["name"]: row["status"] for row in listed("--workspace", "demo")}
    assert names == {
        "PostgreSQL - Demo": "pending",
        "Redis - Demo": "pending",
        "HTTP - This Spojit": "pending",
        "Spojit Webhook - Demo": "active",
    }


@pytest.mark.django_db
def test_a_second_start_makes_no_second_demo(trial: Path) -> None:
    first = said("make_demo")
    assert said("make_demo") == first
    assert (Workspace.objects.count(), len(listed())) == (1, 4)
    assert trial.exists()


@pytest.mark.django_db
def test_there_is_no_demo_outside_a_trial(trial: Path, settings: Any) -> None:
    settings.IS_TRIAL = False
    with pytest.raises(CommandError, match="for trials only"):
        said("make_demo")
    assert not Workspace.objects.exists()
    assert not trial.exists()
