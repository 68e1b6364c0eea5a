"""Removing a connection that something uses: what breaks is said, and its name has to be typed."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest
from playwright.sync_api import expect

from connections import usage
from connections.models import Connection
from spojit.lib import clock
from tests import factories
from tests.browser.steps import Visitor
from tests.browser.test_journeys import LIST, enter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from pytest_django.live_server_helper import LiveServer

    from tests.live import Live
    from workspaces.models import Workspace

INVOICES, ORDERS = uuid.uuid4(), uuid.uuid4()


@pytest.fixture
def near(browser: Browser, live_server: LiveServer) -> Iterator[Visitor]:
    """Somebody at a site in this very process, where a test can register what it likes."""
    came = Visitor.come(browser, cast("Live", live_server))  # of which only the address is used
    yield came
    came.leave()


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two workflows use every connection, one of them enabled and due in three hours."""
    found = [
        usage.Reference(INVOICES, "Invoices", "Create issue", "create_issue", True, "/invoices/",
                        clock.now() + timedelta(hours=3)),
        usage.Reference(ORDERS, "Orders " + "x" * 90, "List", "list_issues", False, "/orders/"),
    ]  # fmt: skip
    monkeypatch.setattr(usage, "_finders", [lambda _connection: found])
    monkeypatch.setattr(usage, "_counts", [lambda ids: dict.fromkeys(ids, len(found))])


@pytest.mark.usefixtures("used")
def test_what_breaks_is_said_and_only_the_typed_name_removes(near: Visitor) -> None:
    workspace = enter(near)
    connection = factories.make_connection(workspace, connector_key="github", name="GitHub - Main")
    near.go(f"{LIST}{connection.pk}/removal/")
    breaks = near.page.locator("section", has=near.page.locator("#breaks")).locator("li")
    expect(breaks).to_have_count(2)
    expect(breaks.first).to_contain_text("Invoices Create issue enabled")
    expect(breaks.first).to_contain_text("next run in 2 h")
    expect(breaks.last).to_contain_text("disabled")
    near.sees("2 workflows use it, 1 of them enabled.")

    button = near.page.get_by_role("button", name="Remove connection")
    expect(button).to_be_disabled()
    near.fill(name="GitHub - main")
    expect(button).to_be_disabled()
    button.evaluate("button => { button.disabled = false; button.click(); }")
    near.sees("This is not its name.")
    assert is_there(workspace, connection)

    near.fill(name="GitHub - Main")
    button.click()
    near.is_at(LIST)
    near.sees("GitHub - Main is removed and its credentials are destroyed.")
    assert not is_there(workspace, connection)


def is_there(workspace: Workspace, connection: Connection) -> bool:
    with factories.scope(workspace):
        return Connection.objects.filter(pk=connection.pk, removed_at=None).exists()
