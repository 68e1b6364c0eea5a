"""The designer's panel in a browser: what is typed is kept, names are offered, a service joins."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from playwright.sync_api import expect

from tests import factories
from tests.browser import looking
from tests.browser.steps import KEY, Held
from tests.workflows.graphs import definition, node
from workflows import drafts, lifecycle, trying
from workflows.definition import editing

if TYPE_CHECKING:
    from tests.browser.steps import Service, Visitor
    from workflows.models import Workflow
    from workspaces.models import User


def designed(visitor: Visitor) -> tuple[Workflow, User]:
    alice = factories.make_user("Alice Archer")
    workspace = factories.make_workspace("Northwind", slug="northwind", owner=alice)
    nodes = [
        node("start", "trigger"),
        node("order", values={"id": 1}),
        node("call", "connector", connector="http", tool="get", arguments={}),
        node("answer", "response", body="nothing yet"),
    ]
    whole = definition(nodes, "start > order > call > answer")
    workflow = lifecycle.create(workspace, name="Orders", actor=alice, definition=whole)
    trying.pin(workflow, node_id="order", data={"items": [{"sku": "A-1"}]}, actor=alice)
    visitor.enter(alice)
    return workflow, alice


def told(workflow: Workflow, node_id: str) -> dict[str, Any]:
    nodes = drafts.current(workflow).definition["nodes"]
    found: dict[str, Any] = next(one["settings"] for one in nodes if one["id"] == node_id)
    return found


def test_a_step_is_set_up_from_the_keyboard_and_loses_nothing(visitor: Visitor) -> None:
    workflow, _alice = designed(visitor)
    page = visitor.page
    visitor.go(reverse("workflows:designer", args=["northwind", workflow.pk]) + "?step=answer")
    body = page.get_by_label("Body", exact=True)
    body.fill("")
    body.press_sequentially("Sku {{ sku")
    expect(page.get_by_role("option")).to_have_count(1)
    body.press("Enter")
    expect(body).to_have_value("Sku {{ order.items[0].sku }}")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert told(workflow, "answer")["body"] == "Sku {{ order.items[0].sku }}"
    body.fill("{broken")
    page.get_by_label("Status", exact=True).click()
    expect(page.get_by_text("This is not JSON.")).to_be_visible()
    expect(body).to_have_value("{broken")
    body.fill("kept although another step is opened at once")
    page.locator("#card-order").click()
    expect(page.get_by_role("heading", name="Order", exact=True)).to_be_visible()
    assert told(workflow, "answer")["body"] == "kept although another step is opened at once"
    last = page.get_by_label("Name", exact=True).last
    last.fill("total")
    page.get_by_label("Value", exact=True).nth(1).fill("{{ trigger.total }}")
    expect(page.get_by_label("Name", exact=True)).to_have_count(3)
    page.get_by_label("Value", exact=True).nth(1).press("Tab")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert told(workflow, "order")["values"] == {"id": 1, "total": "{{ trigger.total }}"}
    drafts.undo(workflow)
    expect(page.get_by_label("Value", exact=True).nth(1)).to_have_value("")
    assert looking.faults(page, "panel") == []


def test_another_step_is_opened_though_the_canvas_was_drawn_anew(visitor: Visitor) -> None:
    workflow, alice = designed(visitor)
    page = visitor.page
    visitor.go(reverse("workflows:designer", args=["northwind", workflow.pk]) + "?step=answer")
    held = Held(page, "**/steps/answer/")
    page.get_by_label("Body", exact=True).fill("kept")
    page.locator("#card-order").click()
    held.wait()
    rename = partial(editing.rename, node_id="call", name="Ask the shop")
    drafts.edit(workflow, rename, said="Renamed", actor=alice)
    expect(page.locator("#card-call")).to_contain_text("Ask the shop")
    held.let_go()
    expect(page.get_by_role("heading", name="Order", exact=True)).to_be_visible()
    assert told(workflow, "answer")["body"] == "kept"


def test_a_new_connection_comes_back_chosen(visitor: Visitor, crm: Service) -> None:
    workflow, _alice = designed(visitor)
    page = visitor.page
    visitor.go(reverse("workflows:designer", args=["northwind", workflow.pk]) + "?step=call")
    path = page.get_by_label("path", exact=True)
    path.fill("/orders")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="New connection").click()
    tab = opened.value
    tab.locator("#content [name=name]").fill("Warehouse")
    tab.locator("#content [name=value-base_url]").fill(crm.url)
    tab.locator("#content [name=value-api_key]").fill(KEY)
    tab.get_by_role("button", name="Save and verify").click()
    chosen = page.get_by_role("radio", name="Warehouse")
    expect(chosen).to_be_checked()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(path).to_have_value("/orders")
    settings = told(workflow, "call")
    assert settings["arguments"] == {"path": "/orders"}
    assert settings["connection_id"] == chosen.get_attribute("value")
    page.get_by_role("button", name="Try this step").click()
    expect(page.get_by_text("Completed", exact=True)).to_be_visible()
    assert crm.server.requests[-1].path == "/orders"
