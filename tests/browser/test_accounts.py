"""People at a browser: signing up, two-step sign-in, invitations, the switcher, the audit log."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests import factories
from tests.browser.steps import code_for, link_in_mail, wait_for_mail

if TYPE_CHECKING:
    from tests.browser.steps import Visitor

SWITCHER = ".sidebar .switcher"


def test_signing_up_confirms_the_address_and_makes_a_workspace(visitor: Visitor) -> None:
    visitor.go("/accounts/signup/")
    address = "nora@example.com"
    visitor.fill(name="Nora", email=address, workspace="Tall Ships", password1="short")
    visitor.press("Sign up")
    visitor.sees("This password is too short")
    expect(visitor.input("password1")).to_be_focused()
    expect(visitor.input("workspace")).to_have_value("Tall Ships")
    visitor.fill(password1=factories.PASSWORD)
    visitor.press("Sign up")
    visitor.sees("Check your mail")
    visitor.go(link_in_mail(visitor.live, address))
    visitor.press("Confirm")
    visitor.is_at("/w/tall-ships/welcome/")
    expect(visitor.page.locator(SWITCHER).first).to_contain_text("Tall Ships")
    visitor.go("/workspaces/new/")
    visitor.fill(name="Short Boats")
    visitor.press("Create workspace")
    visitor.is_at("/w/short-boats/welcome/")
    visitor.page.locator(SWITCHER).first.locator("summary").click()
    visitor.follow("Tall Ships")
    visitor.is_at("/w/tall-ships/connections/")


def test_a_second_factor_is_set_up_and_asked_for(visitor: Visitor, second: Visitor) -> None:
    alice = factories.make_user("Alice")
    factories.make_workspace("Northwind", slug="northwind", owner=alice)
    visitor.sign_in(alice.email)
    visitor.is_at("/w/northwind/.*")
    visitor.go("/accounts/2fa/totp/activate/")
    visitor.fill(password=factories.PASSWORD)
    visitor.press("Confirm")
    seed = visitor.page.locator("#authenticator_secret").inner_text()
    visitor.fill(code=code_for(seed))
    visitor.press("Turn on")
    visitor.is_at("/accounts/2fa/recovery-codes/")
    recovery_code = visitor.page.locator("#recovery_codes").inner_text().split()[0]

    second.sign_in(alice.email)
    second.sees("Enter your code")
    second.fill(code="000000")
    second.press("Sign in")
    second.sees("Incorrect code.")
    second.fill(code=code_for(seed))
    second.press("Sign in")
    second.is_at("/w/northwind/.*")

    second.context.clear_cookies()
    second.sign_in(alice.email)
    second.fill(code=recovery_code)
    second.press("Sign in")
    second.is_at("/w/northwind/.*")


def test_an_invitation_is_accepted_by_who_signs_up_for_it(
    visitor: Visitor, second: Visitor
) -> None:
    alice = factories.make_user("Alice")
    factories.make_workspace("Northwind", slug="northwind", owner=alice)
    visitor.enter(alice)
    visitor.go("/w/northwind/invitations/")
    address = "ben@example.com"
    visitor.fill(email=address)
    visitor.input("role").select_option("member")
    visitor.press("Send invitation")
    visitor.sees(f"An invitation is on its way to {address}.")

    wait_for_mail(visitor.live, address)
    second.go(link_in_mail(visitor.live, address))
    second.follow(f"Sign up as {address}")
    second.fill(name="Ben", email=address, password1=factories.PASSWORD)
    second.press("Sign up")
    second.sees("Check your mail")
    invitation = link_in_mail(visitor.live, address, containing="/invitations/")
    second.go(link_in_mail(visitor.live, address, containing="/confirm-email/"))
    second.press("Confirm")
    second.go(invitation)
    second.press("Join Northwind")
    second.sees("Welcome to Northwind.")

    visitor.go("/w/northwind/members/")
    expect(visitor.page.get_by_role("row").filter(has_text=address)).to_contain_text("Ben")
    assert_audit_is_exported(visitor)
    second.go(invitation)
    second.sees("This invitation no longer works")


def assert_audit_is_exported(visitor: Visitor) -> None:
    visitor.go("/w/northwind/audit/")
    visitor.sees("On what")
    with visitor.page.expect_download() as download:
        visitor.follow("Export CSV")
    with download.value.path().open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert {"invitation.sent", "invitation.accepted"} <= {row["act"] for row in rows}


def test_a_workspace_is_deleted_only_with_its_name_typed(visitor: Visitor) -> None:
    alice = factories.make_user("Alice")
    factories.make_workspace("Northwind", slug="northwind", owner=alice)
    visitor.enter(alice)
    visitor.go("/w/northwind/deletion/")
    button = visitor.page.locator("#content button.button-danger")
    expect(button).to_be_disabled()
    visitor.fill(name="Northwin")
    expect(button).to_be_disabled()
    visitor.fill(name="Northwind")
    button.click()
    visitor.is_at("/workspaces/new/")
    assert visitor.page.goto("/w/northwind/connections/").status == 404  # type: ignore[union-attr]
    visitor.page.wait_for_load_state()
    assert re.search("404|not here|not found", visitor.page.inner_text("body"), re.IGNORECASE)
