"""The life of a connection at a browser: added, verified live, rotated, handed over, removed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from playwright.sync_api import expect

from tests import factories
from tests.browser.steps import KEY

if TYPE_CHECKING:
    from tests.browser.steps import Service, Visitor
    from workspaces.models import Workspace

LIST = "/w/northwind/connections/"
NEW = f"{LIST}new/http/?scheme=api_key"
ONE = rf"{LIST}[0-9a-f-]{{36}}/"
OTHER_KEY = "a-new-key-2222222"
TO_TEXTAREA = """input => {
  const area = document.createElement("textarea");
  area.name = input.name;
  area.value = "a-key\\nin-two-lines";
  input.replaceWith(area);
}"""


def enter(visitor: Visitor) -> Workspace:
    """Come in as Alice, who owns Northwind; Bob is a member."""
    alice = factories.make_user("Alice Archer")
    workspace = factories.make_workspace("Northwind", slug="northwind", owner=alice)
    factories.make_member(workspace, name="Bob Builder")
    visitor.enter(alice)
    return workspace


def test_a_key_is_added_mended_rotated_restored_handed_over_and_removed(
    visitor: Visitor, crm: Service
) -> None:
    enter(visitor)
    add_with_a_bad_key(visitor, crm)
    mend_it_in_place(visitor, crm)
    rotate_to_a_wrong_key(visitor, crm)
    rotate_to_a_good_key(visitor, crm)
    restore_the_old_one(visitor, crm)
    hand_over(visitor)
    remove(visitor)


def add_with_a_bad_key(visitor: Visitor, crm: Service) -> None:
    visitor.go(LIST)
    visitor.follow("Add connection")
    visitor.is_at("/w/northwind/connectors/")
    visitor.page.locator("[data-search]").fill("http")
    expect(visitor.page.locator(".tile")).to_have_count(1)
    visitor.page.locator("[data-search]").press("Enter")
    visitor.is_at("/w/northwind/connectors/http/.*")
    visitor.follow("Add connection")
    visitor.is_at(f"{LIST}new/http/.*")
    visitor.fill(name="CRM", base_url=crm.url, api_key="a-bad-key-0000", test_path="/me")
    visitor.press("Save and verify")
    visitor.is_at(rf"{ONE}added/")
    visitor.sees("The service refused the credentials.")
    expect(visitor.page.locator(".checklist-failed")).to_contain_text("Credentials accepted")
    expect(visitor.input("base_url")).to_have_value(crm.url)
    expect(visitor.input("api_key")).to_have_value("")


def mend_it_in_place(visitor: Visitor, crm: Service) -> None:
    visitor.page.get_by_label("Replace").check()
    visitor.fill(api_key=f"{KEY} ")
    visitor.press("Save again and verify")
    visitor.sees("It works.")
    visitor.sees("Spaces or line breaks around it were removed.")
    assert crm.seen_keys == ["a-bad-key-0000", KEY]
    visitor.follow("Open the connection")
    expect(visitor.page.locator("#status-panel .status")).to_have_text("Active")


def rotate_to_a_wrong_key(visitor: Visitor, crm: Service) -> None:
    visitor.follow("Rotate")
    visitor.page.get_by_label("Replace").check()
    visitor.fill(api_key="a-wrong-key-3333")
    visitor.press("Save and verify")
    visitor.sees("The service refused the credentials. The old credentials stay in use.")
    expect(visitor.page.locator(".page-head .status")).to_have_text("Active")
    verify_now(visitor)
    assert crm.seen_keys[-2:] == ["a-wrong-key-3333", KEY]
    visitor.follow("Rotate")
    visitor.sees("The new credentials did not work")
    visitor.sees("The service refused the credentials. The old credentials stay in use.")


def rotate_to_a_good_key(visitor: Visitor, crm: Service) -> None:
    crm.keys.add(OTHER_KEY)
    visitor.page.get_by_label("Replace").check()
    visitor.fill(api_key=OTHER_KEY)
    visitor.press("Save and verify")
    visitor.sees("It works.")
    assert crm.seen_keys[-1] == OTHER_KEY


def restore_the_old_one(visitor: Visitor, crm: Service) -> None:
    visitor.follow("Credentials")
    fields = visitor.page.locator("#fields")
    before = fields.inner_text()
    visitor.press("Restore")
    expect(fields).not_to_have_text(before)
    verify_now(visitor)
    assert crm.seen_keys[-1] == KEY


def verify_now(visitor: Visitor) -> None:
    with visitor.page.expect_navigation():
        visitor.press("Verify now")
    visitor.follow("Overview")
    visitor.is_at(ONE)
    expect(visitor.page.locator("#status-panel .spinner")).to_have_count(0)


def hand_over(visitor: Visitor) -> None:
    visitor.page.get_by_label("More acts").click()
    visitor.follow("Hand over")
    visitor.page.get_by_label("New owner").select_option(index=1)
    visitor.press("Hand over")
    visitor.is_at(ONE)
    expect(visitor.page.locator(".page-head .person")).to_contain_text("Bob Builder")


def remove(visitor: Visitor) -> None:
    visitor.page.get_by_label("More acts").click()
    visitor.follow("Remove")
    visitor.sees("Its credentials are destroyed at once")
    visitor.press("Remove connection")
    visitor.is_at(LIST)
    visitor.sees("CRM is removed and its credentials are destroyed.")
    expect(visitor.page.locator("#table table")).to_have_count(0)


def test_a_key_with_something_invisible_in_it_is_refused_by_name(
    visitor: Visitor, crm: Service
) -> None:
    enter(visitor)
    visitor.go(NEW)
    visitor.fill(name="CRM", base_url=crm.url, api_key="a-key\twith-a-tab")
    visitor.press("Save and verify")
    visitor.sees("Token holds a tab (U+0009) at position 6; paste it again in one piece.")
    expect(visitor.input("api_key")).to_be_focused()
    expect(visitor.input("name")).to_have_value("CRM")
    visitor.input("api_key").evaluate(TO_TEXTAREA)
    visitor.press("Save and verify")
    visitor.sees("Token holds a line break")
    visitor.fill(api_key=f"{KEY}\n")  # a browser drops line breaks that are pasted into one line
    visitor.press("Save and verify")
    visitor.is_at(rf"{ONE}added/")
    visitor.sees("There is nothing to verify.")
    assert crm.seen_keys == []


def test_a_database_turns_active_in_the_list_without_a_reload(visitor: Visitor) -> None:
    workspace = enter(visitor)
    url = urlsplit(os.environ["DEMO_DATABASE_URL"])
    visitor.go(f"{LIST}new/postgresql/")
    visitor.fill(
        name="Orders",
        host=url.hostname or "",
        port=str(url.port),
        database=url.path.lstrip("/"),
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
    )
    visitor.input("tls").select_option("off")
    visitor.press("Save and verify")
    visitor.is_at(rf"{ONE}added/")
    visitor.sees("Connected to")
    visitor.follow("Open the connection")
    visitor.live.kill("worker")
    visitor.press("Verify now")
    visitor.sees("Verifying…")
    visitor.page.evaluate("window.wasNotReloaded = true")
    visitor.live.start("worker")
    expect(visitor.page.locator("#status-panel .spinner")).to_have_count(0)
    expect(visitor.page.locator("#status-panel .status")).to_have_text("Active")
    assert visitor.page.evaluate("window.wasNotReloaded")
    assert workspace.slug in visitor.page.url
