"""Everything works without JavaScript, too: pages refresh themselves while something runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.steps import KEY
from tests.browser.test_journeys import LIST, NEW, ONE, OTHER_KEY, enter

if TYPE_CHECKING:
    from tests.browser.steps import Service, Visitor


def test_a_connection_lives_its_whole_life(without_script: Visitor, crm: Service) -> None:
    visitor = without_script
    enter(visitor)
    visitor.go(NEW)
    visitor.fill(name="CRM", base_url=crm.url, api_key=KEY, test_path="/me")
    visitor.press("Save and verify")
    visitor.is_at(rf"{ONE}added/")
    visitor.sees("It works.")
    visitor.follow("Open the connection")
    expect(visitor.page.locator("#status-panel .status")).to_have_text("Active")

    crm.keys.add(OTHER_KEY)
    visitor.follow("Rotate")
    visitor.page.get_by_label("Replace").check()
    visitor.fill(api_key=OTHER_KEY)
    visitor.press("Save and verify")
    visitor.sees("Promoted: the new credentials are in use")
    assert crm.seen_keys == [KEY, OTHER_KEY]

    visitor.page.get_by_label("More acts").click()
    visitor.follow("Remove")
    visitor.press("Remove connection")
    visitor.is_at(LIST)
    visitor.sees("CRM is removed and its credentials are destroyed.")
