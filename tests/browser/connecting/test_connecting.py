"""Connecting at a browser, against a real authorization server: well, and in every bad way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.connecting import journeys
from tests.browser.connecting.journeys import LIST, NEW, ONE

if TYPE_CHECKING:
    from tests.browser.steps import Visitor
    from tests.servers.oidc import AuthorizationServer


def test_a_person_who_agrees_comes_back_to_a_verified_connection(
    visitor: Visitor, service: AuthorizationServer
) -> None:
    journeys.enter(visitor)
    visitor.go(NEW)
    visitor.sees("What will be asked for")
    visitor.sees("See orders.")
    journeys.connect(visitor, service)
    visitor.sees("Authorized at the service")
    visitor.follow("Open the connection")
    visitor.is_at(ONE)
    journeys.status_is(visitor, "Active")


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
    visitor.go(journeys.here(visitor))
    visitor.sees("Not connected yet")
    visitor.follow("Continue")
    visitor.press(journeys.CONNECT)
    journeys.is_at_the_service(visitor, service)
    visitor.page.go_back()
    visitor.go(LIST)
    visitor.follow("Orders")
    visitor.press("Discard")
    visitor.sees("Orders was discarded.")
