"""What people do again and again in a browser: come, sign in, fill in, wait for a word."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from playwright.sync_api import expect

from tests import factories, servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route

    from tests.live import Live
    from tests.servers import Received, Reply, Server
    from workspaces.models import User

PATIENCE_MS = 40_000  # a wait ends when it may: only what fails takes as long
CONTENTS = ("#content", ".account-card")
KEY = "a-good-key-1111"
STATUS_LINE = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
GAVE_WAY = re.compile(r"htmx:(sendAbort|afterRequest), ")

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Visitor:
    """A browser of one's own: its page, and what the page complained about."""

    live: Live
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def come(cls, browser: Browser, live: Live, **options: Any) -> Visitor:
        """Open a page, 1280 by 800 unless told otherwise, and listen to what it logs."""
        size = {"width": 1280, "height": 800}
        usual = {"viewport": size, "base_url": live.url, "reduced_motion": "reduce"}
        context = browser.new_context(**usual | options)
        context.set_default_timeout(PATIENCE_MS)
        came = cls(live, context, context.new_page())
        context.on("console", came.hear)
        context.on("weberror", lambda error: came.complaints.append(str(error.error)))
        return came

    def hear(self, message: ConsoleMessage) -> None:
        """Keep what is an error or a warning; a 4xx page is none, nor a poll that gave way."""
        is_usual = STATUS_LINE.match(message.text) or GAVE_WAY.match(message.text)
        if message.type in {"error", "warning"} and not is_usual:
            self.complaints.append(f"{self.page.url}: {message.text}")

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """Keep nothing that is logged meanwhile: axe's own styles break our policy."""
        before = list(self.complaints)
        yield
        self.complaints[:] = before

    def leave(self) -> None:
        """Close the browser; fail when a page complained."""
        self.context.close()
        assert self.complaints == [], "\n".join(self.complaints)

    def enter(self, user: User) -> None:
        """Be signed in already, without the pages for it."""
        cookie = factories.signed_in(user).cookies[settings.SESSION_COOKIE_NAME]
        url = self.live.url
        self.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])

    def go(self, path: str) -> None:
        """Open an address of the site."""
        self.page.goto(path)

    def press(self, name: str) -> None:
        """Press the button with exactly this name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """Follow the link with exactly this name."""
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def fill(self, **values: str) -> None:
        """Fill in inputs of the content by their names."""
        for name, value in values.items():
            self.input(name).fill(value)

    def input(self, name: str) -> Locator:
        """Find an input of the content by its name; those of a scheme have a prefix."""
        inside = [f"[name={name}]", f"[name=value-{name}]"]
        places = [f"{place} {one}:not(.rename *)" for place in CONTENTS for one in inside]
        return self.page.locator(", ".join(places))

    def sees(self, text: str) -> None:
        """Wait until the page says this somewhere that can be seen."""
        expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()

    def is_at(self, path: str) -> None:
        """Wait until the address matches this pattern as a whole."""
        expect(self.page).to_have_url(re.compile(rf"{re.escape(self.live.url)}{path}$"))

    def sign_in(self, email: str) -> None:
        """Sign in with the password that everybody has."""
        self.go("/accounts/login/")
        self.fill(login=email, password=factories.PASSWORD)
        self.press("Sign in")


class Held:
    """Requests to addresses like this one, which get no further until they are let go."""

    def __init__(self, page: Page, address: str) -> None:
        """Keep them from now on."""
        self._page = page
        self._routes: list[Route] = []
        page.route(address, self._keep)

    def wait(self) -> None:
        """Wait for the first one."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not self._routes:
            assert time.monotonic() < deadline, "Nothing was asked for."
            self._page.wait_for_timeout(20)

    def let_go(self) -> None:
        """Let those go that came."""
        for route in self._routes:
            route.continue_()

    def _keep(self, route: Route) -> None:
        self._routes.append(route)


@dataclass
class Service:
    """A service on loopback; who has one of `keys` may come in."""

    server: Server
    keys: set[str]

    @property
    def url(self) -> str:
        """Where it is."""
        return self.server.url

    @property
    def seen_keys(self) -> list[str]:
        """The bearer tokens that arrived, in order."""
        asked = (received.headers.get("authorization", "") for received in self.server.requests)
        return [header.removeprefix("Bearer ") for header in asked]


@contextmanager
def service(port: int) -> Iterator[Service]:
    """Run a service that knows `KEY`."""
    keys = {KEY}

    def answer(received: Received) -> Reply:
        given = received.headers.get("authorization", "").removeprefix("Bearer ")
        return servers.json_reply({"path": received.path}, 200 if given in keys else 401)

    with servers.recording(answer, port=port) as server:
        yield Service(server, keys)


def link_in_mail(live: Live, address: str, *, containing: str = "/") -> str:
    """Return the path of the newest link like this that was mailed to an address."""
    mails = "".join(mail for mail in live.mails() if f"\nTo: {address}\n" in mail)
    pattern = rf"{re.escape(live.url)}(\S*{re.escape(containing)}\S*)"
    found: list[str] = re.findall(pattern, mails)
    return found[-1]


def wait_for_mail(live: Live, address: str) -> None:
    """Wait until a worker has sent a mail to an address."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not any(f"\nTo: {address}\n" in mail for mail in live.mails()):
        assert time.monotonic() < deadline, live.log("worker")[-3000:]
        time.sleep(0.05)


def code_for(seed: str) -> str:
    """Be an authenticator app, whose code that ends soon one lets pass."""
    left = 30 - time.time() % 30
    time.sleep(left if left < 8 else 0)
    code: str = format_hotp_value(hotp_value(seed, int(time.time()) // 30))
    return code
