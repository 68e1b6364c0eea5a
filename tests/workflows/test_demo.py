"""The demo workspace: two workflows that run green on the first start, and never again unasked."""

from __future__ import annotations

import json
import os
from io import StringIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import redis
from django.core.management import call_command

from connections.inbound import handing
from connections.models import Delivery
from spojit.lib import clock
from tests import factories
from tests.workflows import running
from workflows import lifecycle
from workflows.models import Run, Workflow
from workspaces import isolation
from workspaces.models import User, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reach: Callable[..., None]
) -> None:
    """Be a trial, with the demo's real servers within reach."""
    settings.IS_TRIAL, settings.VAR_DIR = True, tmp_path
    monkeypatch.setenv("PORT", "8123")
    urls = ("DEMO_DATABASE_URL", "DEMO_REDIS_URL")
    reach(*(urlsplit(os.environ[name]).port for name in urls))
    for key in ("http", "postgresql", "redis", "spojit_webhook", "validation"):
        factories.make_connector(key)


def start() -> Workspace:
    """Do what `manage.py up` does before it serves."""
    call_command("make_demo", stdout=StringIO())
    return Workspace.objects.get(slug="demo")


def works() -> None:
    """Do what a worker does next."""
    handing.hand_over(now=clock.now())
    while running.work():
        pass


def found(workspace: Workspace) -> dict[str, list[str]]:
    """Give each workflow, with the statuses of its runs."""
    with isolation.workspace(workspace):
        rows = Run.objects.select_related("workflow").order_by("created_at")
        statuses: dict[str, list[str]] = {row.name: [] for row in Workflow.objects.all()}
        for row in rows:
            statuses[row.workflow.name].append(row.status)
        return statuses


def test_both_workflows_are_enabled_and_have_run_to_their_end(trial: None) -> None:
    workspace = start()
    works()

    assert found(workspace) == {
        "Orders to digest": ["completed"],
        "Signed webhook to database": ["completed"],
    }
    with isolation.workspace(workspace):
        assert set(Workflow.objects.values_list("is_enabled", flat=True)) == {True}
        intake = Run.objects.get(trigger="webhook")
        assert Delivery.objects.get().pk == intake.delivery_id
    given = running.response(intake)
    assert (given["status"], list(given["body"])) == (201, ["id"])
    with redis.Redis.from_url(os.environ["DEMO_REDIS_URL"]) as client:
        assert json.loads(client.get("demo:digest") or b"") == {
            "orders": 4,
            "total_cents": 16150,
            "made_by": "Orders to digest",
        }
        assert client.get("demo:large_order:3") == b"Grace Hopper (US)"
        assert client.get("demo:large_order:1") is None


def test_a_second_start_adds_nothing_and_brings_nothing_back(trial: None) -> None:
    workspace = start()
    works()
    actor = User.objects.get(email="demo@example.com")
    with isolation.workspace(workspace):
        one = Workflow.objects.select_related("workspace").get(name="Orders to digest")
    lifecycle.remove(one, actor=actor)

    start()
    works()

    with isolation.workspace(workspace):
        present = Workflow.objects.present().values_list("name", flat=True)
        assert list(present) == ["Signed webhook to database"]
        assert Run.objects.count() == 2


def test_a_workspace_of_that_name_that_is_not_the_demo_is_left_alone(trial: None) -> None:
    other = factories.make_workspace(slug="demo")

    start()

    assert found(other) == {}
