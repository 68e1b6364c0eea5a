"""A person with a browser, as far as an authorization server needs one: pages, cookies, buttons."""

from __future__ import annotations

import http.client
import re
from html import unescape
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit

if TYPE_CHECKING:
    import ssl

MOST_REDIRECTS = 10
BUTTON = re.compile(r'<button name="account" value="([^"]*)">Continue as ([^<]*)</button>')
BOX = re.compile(r'name="scope"\s+value="([^"]*)"')


class Person:
    """Follows redirects within one service, and stops where one leads out of it."""

    def __init__(self, place: str, tls: ssl.SSLContext) -> None:
        """Stay at `place` (host and port); its name is loopback, whatever it is."""
        self._place, self._tls = place, tls
        self._cookies: dict[str, str] = {}

    def agree(self, url: str, *, account: str, scopes: list[str] | None = None) -> str:
        """Open an address and press "Continue as …"; give the address that this leads to."""
        page, text = self._open(url)
        if text is None:
            return page
        buttons = {unescape(name): unescape(key) for key, name in BUTTON.findall(text)}
        ticked = [unescape(box) for box in BOX.findall(text)] if scopes is None else scopes
        return self._press(
            page, [("account", buttons[account]), *(("scope", one) for one in ticked)]
        )

    def refuse(self, url: str) -> str:
        """Open an address and press "Refuse"; give the address that this leads to."""
        page, text = self._open(url)
        return page if text is None else self._press(page, [("answer", "refuse")])

    def _press(self, page: str, values: list[tuple[str, str]]) -> str:
        url, text = self._open(page, urlencode(values))
        assert text is None, f"The service shows another page: {text[:500]}"
        return url

    def _open(self, url: str, form: str | None = None) -> tuple[str, str | None]:
        """Give the page that an address leads to, or the address outside and None."""
        for _ in range(MOST_REDIRECTS):
            if urlsplit(url).netloc != self._place:
                return url, None
            status, location, text = self._ask(url, form)
            if status not in {302, 303}:
                assert status == 200, (status, text)
                return url, text
            url, form = urljoin(url, location), None
        raise AssertionError("The service redirects without end.")

    def _ask(self, url: str, form: str | None) -> tuple[int, str, str]:
        parts = urlsplit(url)
        connection = Loopback(parts.hostname or "", parts.port, context=self._tls, timeout=30)
        headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in self._cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("GET" if form is None else "POST", target, form, headers)
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self._keep(line)
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers.get("Location", ""), text

    def _keep(self, line: str) -> None:
        for name, morsel in SimpleCookie(line).items():
            self._cookies[name] = morsel.value
            if not morsel.value:
                del self._cookies[name]


class Loopback(http.client.HTTPSConnection):
    """Connects to this machine, and asks for the certificate of the name."""

    def connect(self) -> None:
        named, self.host = self.host, "127.0.0.1"
        try:
            http.client.HTTPConnection.connect(self)
        finally:
            self.host = named
        context: ssl.SSLContext = self._context  # type: ignore[attr-defined]
        self.sock = context.wrap_socket(self.sock, server_hostname=named)
