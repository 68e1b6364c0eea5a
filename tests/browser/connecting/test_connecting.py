"""Connecting at a browser, against a real authorization server: well, and in every bad way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from playwright.sync_api import expect

from connections.models import Authorization
from spojit.lib import clock
from tests.browser import looking
from tests.browser.connecting import journeys
from tests.browser.connecting.journeys import LIST, NEW, ONE
from tests.proofs.sizes import only_whole
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.browser.steps import Visitor
    from tests.servers.oidc import AuthorizationServer


def test_a_person_who_agrees_comes_back_to_a_verified_connection(
    visitor: Visitor, service: AuthorizationServer
) -> None:
    journeys.enter(visitor)
    visitor.go(NEW)
    visitor.sees("What will be asked for")
    visitor.sees("See orders.")
    looked_at(visitor)
    journeys.connect(visitor, service)
    visitor.sees("Authorized at the service")
    looked_at(visitor)
    visitor.follow("Open the connection")
    visitor.is_at(ONE)
    journeys.status_is(visitor, "Active")
    visitor.follow("Credentials")
    visitor.sees("renews by itself")
    looked_at(visitor)


def test_without_javascript_it_is_the_same(
    without_script: Visitor, service: AuthorizationServer
) -> None:
    journeys.enter(without_script)
    journeys.connect(without_script, service)


def test_a_refusal_says_so_and_the_connection_can_be_continued_or_discarded(
    visitor: Visitor, service: AuthorizationServer
) -> None:
    journeys.enter(visitor)
    journeys.leave(visitor, service)
    visitor.press("Refuse")
    visitor.is_at(rf"{ONE}added/")
    visitor.sees("The authorization was declined at the service.")
    looked_at(visitor)
    visitor.go(journeys.here(visitor))
    visitor.sees("Not connected yet")
    looked_at(visitor)
    visitor.follow("Continue")
    visitor.press(journeys.CONNECT)
    journeys.is_at_the_service(visitor, service)
    visitor.go(LIST)
    visitor.follow("Orders")
    visitor.press("Discard")
    visitor.sees("Orders was discarded.")


def test_an_answer_that_comes_too_late_leads_to_a_page_that_says_so(
    visitor: Visitor, service: AuthorizationServer
) -> None:
    journeys.enter(visitor)
    journeys.leave(visitor, service)
    with isolation.everything(reason="a test"):
        Authorization.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    journeys.agree(visitor)
    visitor.is_at("/oauth/problem/stale/")
    visitor.sees("That took too long")
    looked_at(visitor)
    visitor.follow("Go to your connections")
    visitor.follow("Orders")
    visitor.sees("Not connected yet")


def test_an_answer_counts_once_and_only_in_its_own_browser(
    visitor: Visitor, second: Visitor, service: AuthorizationServer
) -> None:
    alice = journeys.enter(visitor)
    journeys.leave(visitor, service)
    with visitor.page.expect_request("**/oauth/callback?*") as brought:
        journeys.agree(visitor)
    visitor.sees("Connected to alice.")
    visitor.go(brought.value.url)
    visitor.is_at(rf"{ONE}credential/")
    visitor.sees("This answer of the service was used already")
    second.enter(alice)
    second.go(brought.value.url)
    second.is_at("/oauth/problem/session/")
    second.sees("Begun somewhere else")
    assert service.state()["counts"]["authorization_code"] == 1


def test_another_account_is_shown_before_anything_is_replaced(
    visitor: Visitor, service: AuthorizationServer
) -> None:
    journeys.enter(visitor)
    journeys.connect(visitor, service)
    one = journeys.here(visitor)
    reconnect(visitor, service, one, account="bob")
    visitor.sees("The credentials now belong to another account")
    expect(visitor.page.locator("#checklist-live[hx-get]")).to_have_count(0)  # it reloads the page
    looked_at(visitor)
    visitor.press("Keep alice")
    visitor.sees("The account stays as it was; the other credentials were destroyed.")
    reconnect(visitor, service, one, account="bob")
    visitor.press("Accept bob")
    visitor.sees("The connection now belongs to bob.")
    journeys.status_is(visitor, "Active")


def test_more_scopes_are_asked_for_in_place(visitor: Visitor, service: AuthorizationServer) -> None:
    journeys.enter(visitor)
    journeys.connect(visitor, service)
    one = journeys.here(visitor)
    visitor.go(f"{one}credential/")
    looked_at(visitor)
    visitor.page.get_by_label("Change orders.").check()
    visitor.press(journeys.RECONNECT)
    journeys.agree(visitor)
    visitor.is_at(rf"{ONE}credential/")
    visitor.sees("Reconnected: the new authorization is in use")
    looked_at(visitor)
    visitor.go(one)
    expect(visitor.page.get_by_text("read, write")).to_be_visible()


@only_whole
def test_the_pages_of_oauth_apps_have_no_fault(
    visitor: Visitor, service: AuthorizationServer
) -> None:
    journeys.enter(visitor)
    apps = reverse("oauth:apps", args=["northwind"])
    looked_at(visitor, [apps])
    visitor.follow("Test service")
    visitor.fill(client_id="own-client", client_secret="own-secret-123456")
    looked_at(visitor)
    visitor.press("Save")
    visitor.sees("The app for Test service is stored.")
    visitor.follow("Test service")
    visitor.follow("Remove…")
    looked_at(visitor)
    visitor.press("Remove the app")
    visitor.sees("The app for Test service was removed.")


def reconnect(visitor: Visitor, service: AuthorizationServer, one: str, *, account: str) -> None:
    visitor.go(f"{one}credential/")
    visitor.press(journeys.RECONNECT)
    journeys.is_at_the_service(visitor, service)
    journeys.agree(visitor, account)
    visitor.is_at(rf"{ONE}credential/")


def looked_at(visitor: Visitor, paths: Iterable[str] = ()) -> None:
    """Look for faults of the page that is open, or of these."""
    for path in paths:
        visitor.go(path)
    looking.settle(visitor.page)
    with visitor.unheard():
        assert looking.faults(visitor.page) == []
