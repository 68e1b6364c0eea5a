"""What these tests do again and again: fill in, go to the service, agree there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests import factories

if TYPE_CHECKING:
    from tests.browser.steps import Visitor
    from tests.servers.oidc import AuthorizationServer
    from workspaces.models import User

LIST = "/w/northwind/connections/"
NEW = f"{LIST}new/oidc/"
ONE = rf"{LIST}[0-9a-f-]{{36}}/"
CONNECT = "Connect to Test service"
RECONNECT = "Reconnect to Test service"


def enter(visitor: Visitor) -> User:
    """Come in as Alice, who owns Northwind."""
    alice = factories.make_user("Alice Archer")
    factories.make_workspace("Northwind", slug="northwind", owner=alice)
    visitor.enter(alice)
    return alice


def leave(visitor: Visitor, service: AuthorizationServer) -> None:
    """Fill in a new connection, and go to the service."""
    visitor.go(NEW)
    visitor.fill(name="Orders", host=service.place)
    visitor.press(CONNECT)
    is_at_the_service(visitor, service)


def is_at_the_service(visitor: Visitor, service: AuthorizationServer) -> None:
    """Wait until the service asks."""
    expect(visitor.page.get_by_role("button", name="Refuse")).to_be_visible()
    assert visitor.page.url.startswith(service.issuer)


def agree(visitor: Visitor, account: str = "alice") -> None:
    """Press "Continue as …" there."""
    visitor.press(f"Continue as {account}")


def connect(visitor: Visitor, service: AuthorizationServer) -> None:
    """Do it all: an Active connection of alice's account."""
    leave(visitor, service)
    agree(visitor)
    visitor.is_at(rf"{ONE}added/")
    visitor.sees("Connected to alice.")


def status_is(visitor: Visitor, word: str) -> None:
    """Look at the connection's status on its page."""
    expect(visitor.page.locator("#status-panel .status")).to_have_text(word)


def here(visitor: Visitor) -> str:
    """Give the address of the connection whose page is open."""
    parts = urlsplit(visitor.page.url).path.split("/")
    return "/".join(parts[:5]) + "/"
