"""The designer in a browser: with the mouse, with the keyboard alone, and two people at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from playwright.sync_api import expect

from tests import factories
from tests.browser import looking
from tests.browser.designing import Designer
from tests.browser.steps import Held
from tests.workflows.graphs import definition, node
from workflows import drafts, lifecycle

if TYPE_CHECKING:
    from tests.browser.steps import Visitor
    from workflows.models import Workflow
    from workspaces.models import User

STEPS = definition(
    [node("start", "trigger"), node("step_1"), node("step_2") | {"name": "Step 2"}],
    "start > step_1 > step_2",
)
WIRES = {
    ("start", "next", "transform"),
    ("transform", "next", "condition"),
    ("condition", "yes", "delay"),
    ("condition", "no", "response"),
}


def came(visitor: Visitor) -> tuple[Workflow, User]:
    """Open the designer of a new workflow as Alice."""
    alice = factories.make_user("Alice Archer")
    workspace = factories.make_workspace("Northwind", slug="northwind", owner=alice)
    workflow = lifecycle.create(workspace, name="Order intake", actor=alice)
    visitor.enter(alice)
    visitor.go(page_of(workflow))
    return workflow, alice


def page_of(workflow: Workflow) -> str:
    return reverse("workflows:designer", args=["northwind", workflow.pk])


def wires(workflow: Workflow) -> set[tuple[str, str, str]]:
    found = drafts.current(workflow).definition["wires"]
    return {(one["from"], one["output"], one["to"]) for one in found}


def test_branches_are_built_with_the_mouse_undone_and_saved_while_somebody_looks_on(
    visitor: Visitor, second: Visitor
) -> None:
    workflow, _ = came(visitor)
    bob = factories.make_member(workflow.workspace, name="Bob Builder").user
    second.enter(bob)
    second.go(page_of(workflow))
    designer = Designer(visitor)

    designer.add("Start", "transform")
    designer.add("Transform", "condition")
    designer.add("Condition, yes", "delay")
    designer.add("Condition, no", "response")
    assert wires(workflow) == WIRES
    expect(visitor.page.locator("#problems summary")).to_contain_text("2 problems")
    second.sees("Alice Archer: Added Response")
    expect(second.page.locator("[id^=card-]")).to_have_count(5)

    visitor.press("Undo")
    expect(visitor.page.locator("[id^=card-]")).to_have_count(4)
    visitor.press("Redo")
    expect(visitor.page.locator("#card-response")).to_be_visible()
    visitor.page.get_by_role("switch", name="Enabled").click()
    visitor.sees("2 problems keep this from being enabled.")
    visitor.page.locator("#problems a").first.click()
    expect(designer.panel.locator("h2")).to_have_text("Condition")
    designer.save()
    visitor.sees("Saved as version 2, which has problems.")
    assert drafts.current(workflow).is_saved
    assert looking.faults(visitor.page, "-designer") == []


def test_what_is_kept_late_leaves_the_palette_open(visitor: Visitor) -> None:
    came(visitor)
    page, designer = visitor.page, Designer(visitor)
    designer.add("Start", "loop")
    number = str(page.locator("#canvas").get_attribute("data-number"))
    held = Held(page, "**/steps/loop/**")
    designer.panel.locator("[name=items]").fill("{{ trigger.orders }}")
    page.get_by_role("button", name="Add a step after Loop, when done", exact=True).click()
    expect(page.locator("#adding .palette")).to_be_visible()
    held.wait()

    held.let_go()

    expect(page.locator("#canvas")).not_to_have_attribute("data-number", number)
    expect(page.locator("#adding .palette")).to_be_visible()


def test_the_same_is_built_with_the_keyboard_alone(visitor: Visitor) -> None:
    workflow, _ = came(visitor)
    keys, page = visitor.page.keyboard, visitor.page
    page.locator("#card-start").focus()
    for typed, made in (("transf", "transform"), ("condi", "condition")):
        keys.press("a")
        expect(page.locator("[data-palette-search]")).to_be_focused()
        keys.type(typed)
        keys.press("Enter")
        expect(page.locator(f"#card-{made}")).to_be_focused()
    keys.press("a")
    expect(page.locator("[data-palette-search]")).to_be_focused()
    keys.type("delay")
    keys.press("Enter")
    expect(page.locator("#card-delay")).to_be_focused()

    keys.press("ArrowUp")
    expect(page.locator("#card-condition")).to_be_focused()
    keys.press("Delete")
    expect(page.locator("[id^=card-]")).to_have_count(3)
    keys.press("Control+z")
    expect(page.locator("[id^=card-]")).to_have_count(4)
    keys.press("Control+Shift+z")
    expect(page.locator("[id^=card-]")).to_have_count(3)
    page.locator("#card-delay").focus()
    keys.press("Delete")
    expect(page.locator("[id^=card-]")).to_have_count(2)
    keys.press("Control+s")
    visitor.sees("Saved as version 2.")
    assert wires(workflow) == {("start", "next", "transform")}


def test_a_trial_run_lights_the_cards_it_comes_by(visitor: Visitor) -> None:
    workflow, alice = came(visitor)
    drafts.edit(workflow, lambda _: STEPS, said="Added steps", actor=alice)
    visitor.sees("Step 2")
    visitor.page.keyboard.press("r")
    visitor.page.locator("#running").get_by_role("button", name="Run").press("Enter")

    expect(visitor.page.locator("#run-strip")).to_contain_text("Completed")
    for node_id in ("start", "step_1", "step_2"):
        expect(visitor.page.locator(f"#light-{node_id}")).to_have_text("Completed")
    visitor.follow("Open the last run")
    visitor.is_at(r"/w/northwind/runs/[0-9a-f-]{36}/")
