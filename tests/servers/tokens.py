"""A small, fast token server in a process of its own, for load and races.

It has the addresses of `tests.servers.oidc`, so that the connector for tests fits it, too. Refresh
tokens rotate, and a second use of one ends its grant.
"""

from __future__ import annotations

import json
import secrets
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.servers.plain_client import App, Client, machine
from tests.servers.processes import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.certificates import Authority

FOLDER = Path(__file__).resolve().parent.parent.parent
SETTINGS: dict[str, Any] = {
    "access_seconds": 3600,
    "lag_seconds": 0.0,
    "refused_reads": 0,
    "failing_revocations": 0,
}


@dataclass(frozen=True)
class TokenServer:
    """A running server.

    Attributes:
        issuer: what its addresses begin with.
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

    @property
    def client(self) -> Client:
        """A client of our own."""
        return Client(self.place, self.authority)

    def url(self, path: str) -> str:
        """Give the address of a path."""
        return f"{self.issuer}{path}"

    def grants(
        self, count: int, *, account: str = "account", scope: str = "read", app: App | None = None
    ) -> list[dict[str, Any]]:
        """Make so many grants; give what the token endpoint would have answered for each."""
        wanted = {"count": count, "account": account, "scope": scope}
        asked = wanted | {"client": (app or self.app).id}
        found: list[dict[str, Any]] = self._control("grants", asked)["tokens"]
        return found

    def next_answers(self, *answers: dict[str, Any]) -> None:
        """Order the next answers of the token endpoint, one each.

        `{"kind": "drop"}`: the work is done, and the connection ends without an answer; `delay`
        with `seconds`: it is done at once and answered late; `late` with `seconds`: it is done
        late, unless the client has gone by then; `status` with `status`, `headers`, `body`: it is
        not done; `own`: as ever.
        """
        self._control("answers", list(answers))

    def change(self, **settings: Any) -> None:
        """Change some of `SETTINGS` from now on."""
        self._control("change", settings)

    def revoke(self, account: str = "") -> int:
        """End the grants of an account, or all; return how many."""
        return int(self._control("revoke", {"account": account})["revoked"])

    def reset(self) -> None:
        """Forget all grants, orders and counts."""
        self._control("reset", {})

    def state(self) -> dict[str, Any]:
        """Give counts.

        `refreshes` says how many grants were refreshed how often, `uses` how many refresh tokens
        were sent how often, `reused` how often one was sent again, `most_at_once` how many
        requests lagged at the same time, `waiting` how many orders wait for their request.
        """
        return self._control("state", {})

    def _control(self, act: str, body: Any) -> dict[str, Any]:
        headers = {"X-Test-Secret": self._secret}
        said = self.client.ask("POST", f"/controls/{act}", json.dumps(body), headers)
        assert said.status == 200, said
        return said.json


@contextmanager
def running(
    authority: Authority, *apps: App, host: str = "127.0.0.1", port: int = 0, **settings: Any
) -> Iterator[TokenServer]:
    """Run a server; arguments are those of `oidc.running`, settings those of `SETTINGS`."""
    registered, secret = apps or (App(), machine()), secrets.token_urlsafe(24)
    own = {
        "apps": {app.id: app.secret for app in registered},
        "certificate": str(authority.issue_file(host)),
        "host": host,
        "port": port,
        "secret": secret,
    }
    argv = [sys.executable, "-m", "tests.servers.token_server"]
    with serving(argv, SETTINGS | settings | own, folder=FOLDER) as ready:
        yield TokenServer(ready["issuer"], ready["port"], registered, authority, secret)
