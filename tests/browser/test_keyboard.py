"""Pages can be used with the keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.test_journeys import LIST, NEW, enter

if TYPE_CHECKING:
    from tests.browser.steps import Visitor

FOCUSED = """() => {
  const at = document.activeElement;
  return at.name || at.textContent.trim() || at.getAttribute("aria-label");
}"""


def test_keys_search_list_the_keys_and_go_to_pages(visitor: Visitor) -> None:
    enter(visitor)
    visitor.go("/w/northwind/connectors/")
    visitor.page.locator("h1").click()
    visitor.page.keyboard.press("/")
    expect(visitor.page.locator("[data-search]")).to_be_focused()
    visitor.page.keyboard.type("?")
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)
    visitor.page.locator("h1").click()
    visitor.page.keyboard.press("?")
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)
    visitor.page.keyboard.press("g")
    visitor.page.keyboard.press("c")
    visitor.is_at(LIST)


def test_tab_goes_through_a_form_in_its_order(visitor: Visitor) -> None:
    enter(visitor)
    visitor.go(NEW)
    visitor.input("name").focus()
    seen = [visitor.page.evaluate(FOCUSED)]
    for _ in range(6):
        visitor.page.keyboard.press("Tab")
        seen.append(visitor.page.evaluate(FOCUSED))
    fields = ["name", "value-base_url", "value-api_key", "value-test_path"]
    assert seen == [*fields, "Expiry and sharing", "Save and verify", "Cancel"]


def test_a_form_is_filled_in_and_sent_and_its_first_error_is_focused(visitor: Visitor) -> None:
    enter(visitor)
    visitor.go(NEW)
    visitor.input("name").focus()
    visitor.page.keyboard.press("Control+A")
    visitor.page.keyboard.type("CRM")
    visitor.page.keyboard.press("Enter")
    visitor.sees("Base URL")
    expect(visitor.input("base_url")).to_be_focused()
    expect(visitor.input("base_url")).to_have_attribute("aria-invalid", "true")


def test_the_first_stop_of_a_page_leads_to_its_content(visitor: Visitor) -> None:
    enter(visitor)
    visitor.go(LIST)
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("#content")).to_be_focused()
