"""The life of a webhook connection at a browser: set up, waited for, delivered to, rotated."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from connections.models import Credential
from connectors import signatures
from spojit.lib import clock
from tests.browser import looking
from tests.browser.test_journeys import LIST, ONE, enter
from tests.connections.webhooks import KINDS
from workspaces import isolation

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse

    from tests.browser.steps import Visitor

NEW = f"{LIST}new/spojit_webhook/"
SLACK_SECRET = KINDS["slack"][1]
ONCE = "This is the only time that the secret is shown."
WAITING = "Waiting for the first delivery…"


def send(
    visitor: Visitor, url: str, secret: str, body: bytes, *, kind: str = "spojit", name: str = "one"
) -> APIResponse:
    """Be the service: sign a body, and post it to the running server."""
    headers = signatures.sign(
        kind, {"signing_secret": secret}, body=body, now=clock.now(), delivery_id=name
    )
    return visitor.page.request.post(url, data=body, headers=headers)


def text_of(visitor: Visitor, selector: str) -> str:
    return visitor.page.locator(selector).inner_text().strip()


def add(visitor: Visitor) -> tuple[str, str]:
    """Add one whose secret we make; give the URL and the secret."""
    visitor.go(NEW)
    visitor.fill(name="Orders")
    visitor.press("Save and get the URL")
    visitor.sees(ONCE)
    return text_of(visitor, "#hook-url"), text_of(visitor, "#made-secret")


def look(visitor: Visitor) -> None:
    """Look for faults of the page as it stands."""
    looking.settle(visitor.page)
    with visitor.unheard():
        assert looking.faults(visitor.page, "-webhook") == []


def test_a_webhook_is_set_up_delivered_to_rotated_and_its_old_secret_retired(
    visitor: Visitor, second: Visitor
) -> None:
    enter(visitor)
    url, secret = add(visitor)
    copies_the_secret(visitor, secret)
    look(visitor)
    first_delivery_shows_up(visitor, second, url, secret)
    a_reload_shows_no_secret(visitor, secret)
    a_duplicate_is_delivered_again(visitor, second, url, secret)
    newer = rotate(visitor)
    the_old_one_warns_and_is_retired(visitor, second, url, (secret, newer))


def copies_the_secret(visitor: Visitor, secret: str) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.locator("copy-button[for=made-secret] button").click()
    expect(visitor.page.locator("copy-button[for=made-secret]")).to_contain_text("Copied")
    assert visitor.page.evaluate("navigator.clipboard.readText()") == secret


def first_delivery_shows_up(visitor: Visitor, second: Visitor, url: str, secret: str) -> None:
    visitor.sees(WAITING)
    visitor.page.evaluate("window.wasNotReloaded = true")
    assert send(second, url, "another-secret-0123456789", b"{}").status == 401
    visitor.sees("The signature does not fit")
    assert send(second, url, secret, b'{"order": "seven"}').status == 202
    visitor.sees("Deliveries arrive, and are checked.")
    expect(visitor.page.locator("#status-panel .json")).to_contain_text('order: "seven"')
    expect(visitor.page.locator("#status-panel")).to_contain_text("one")
    assert visitor.page.evaluate("window.wasNotReloaded")
    assert text_of(visitor, "#made-secret") == secret


def a_reload_shows_no_secret(visitor: Visitor, secret: str) -> None:
    visitor.is_at(rf"{ONE}added/")
    visitor.page.reload()
    visitor.sees("Its secret is set and not shown again.")
    assert secret not in visitor.page.content()
    visitor.follow("Open the connection")
    visitor.is_at(ONE)
    expect(visitor.page.locator("#status-panel .status")).to_have_text("Active")
    visitor.page.go_back()
    visitor.page.go_back()
    assert secret not in visitor.page.content()


def a_duplicate_is_delivered_again(
    visitor: Visitor, second: Visitor, url: str, secret: str
) -> None:
    assert send(second, url, secret, b'{"order": "seven"}').status == 202
    visitor.go(LIST)
    visitor.follow("Orders")
    visitor.follow("Deliveries")
    rows = visitor.page.locator("tbody tr:has(.status)")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("Duplicate")
    rows.first.locator("a").click()
    visitor.sees("It repeats a delivery that had arrived before")
    visitor.press("Deliver again")
    visitor.sees("It was delivered again, as this new delivery.")
    visitor.sees("order:")
    visitor.press("Send a test delivery")
    visitor.sees("The test delivery arrived.")


def rotate(visitor: Visitor) -> str:
    visitor.follow("Rotate")
    visitor.input("retire_in").select_option("30")
    visitor.press("Put it to use")
    visitor.sees(ONCE)
    visitor.is_at(rf"{ONE}credentials/")
    newer = text_of(visitor, "#made-secret")
    visitor.page.reload()
    visitor.sees("Version 2")
    assert newer not in visitor.page.content()
    return newer


def the_old_one_warns_and_is_retired(
    visitor: Visitor, second: Visitor, url: str, secrets: tuple[str, str]
) -> None:
    older, newer = secrets
    with isolation.everything(reason="a test: uses are noted once a minute"):
        Credential.objects.update(last_used_at=clock.now() - timedelta(minutes=2))
    assert send(second, url, older, b"{}", name="two").status == 202
    assert send(second, url, newer, b"{}", name="three").status == 202
    visitor.page.reload()
    visitor.sees("Version 1 of the secret is still being used.")
    visitor.follow("Retire…")
    visitor.sees("Retire version 1 of the secret?")
    visitor.press("Retire it now")
    visitor.sees("Version 1 is retired; what is signed with it is refused.")
    assert send(second, url, older, b"{}", name="four").status == 401
    assert send(second, url, newer, b"{}", name="five").status == 202


def test_a_secret_of_the_service_is_pasted_after_the_url_was(
    visitor: Visitor, second: Visitor
) -> None:
    enter(visitor)
    visitor.go(f"{LIST}new/slack/?scheme=webhook")
    visitor.fill(name="Commands")
    visitor.press("Save and get the URL")
    visitor.is_at(rf"{ONE}added/")
    visitor.sees("There is no secret yet.")
    url = text_of(visitor, "#hook-url")
    assert send(second, url, SLACK_SECRET, b"{}", kind="slack").status == 401
    visitor.sees("This connection has no signing secret, so nothing can be accepted.")
    visitor.fill(signing_secret=SLACK_SECRET)
    visitor.press("Save the secret")
    visitor.sees("The secret is set.")
    challenge = b'{"type": "url_verification", "challenge": "a-challenge"}'
    answered = send(second, url, SLACK_SECRET, challenge, kind="slack")
    assert (answered.status, answered.text()) == (200, "a-challenge")
    visitor.sees("The service asked whether the URL answers, and it was told so.")
    look(visitor)


def test_without_javascript_it_is_the_same(without_script: Visitor, second: Visitor) -> None:
    visitor = without_script
    enter(visitor)
    url, secret = add(visitor)
    assert send(second, url, secret, b'{"order": 7}').status == 202
    visitor.follow("Open the connection")
    visitor.sees("Deliveries arrive, and are checked.")
    visitor.follow("All deliveries")
    visitor.page.locator("tbody tr a").first.click()
    visitor.press("Deliver again")
    visitor.sees("It was delivered again, as this new delivery.")
    visitor.follow("Rotate")
    visitor.press("Put it to use")
    visitor.sees(ONCE)
    visitor.follow("See both secrets")
    visitor.follow("Retire…")
    visitor.press("Retire it now")
    visitor.sees("Version 1 is retired; what is signed with it is refused.")
    assert send(second, url, secret, b"{}", name="two").status == 401


def test_going_back_posts_nothing_again_and_shows_no_secret(visitor: Visitor) -> None:
    enter(visitor)
    _, secret = add(visitor)
    visitor.follow("Open the connection")
    visitor.is_at(ONE)
    visitor.page.go_back()
    visitor.is_at(rf"{ONE}added/")
    visitor.sees("Its secret is set and not shown again.")
    assert secret not in visitor.page.content()
    visitor.go(LIST)
    expect(visitor.page.locator("#table tbody tr")).to_have_count(1)
