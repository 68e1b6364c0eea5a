"""The least that an app needs of OAuth 2, with nothing of the product: tests of servers use it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from tests.servers.people import Loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.servers.certificates import Authority


@dataclass(frozen=True)
class Said:
    """An answer: status, headers in lower case, and the JSON of its body ({} without one)."""

    status: int
    headers: dict[str, str]
    json: dict[str, Any]


@dataclass(frozen=True)
class App:
    """An OAuth app that is registered at a server of a test.

    Attributes:
        authentication: how it proves itself: basic, post, or none.
        grants: the grant types it may use; by default those of an app for people.
    """

    id: str = "spojit"
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    authentication: str = "basic"
    redirect_uris: tuple[str, ...] = ("https://spojit.test/oauth/callback/",)
    grants: tuple[str, ...] = ("authorization_code", "refresh_token")

    def proof(self) -> tuple[dict[str, str], dict[str, str]]:
        """Give the headers and the form by which it proves itself (RFC 6749 section 2.3.1)."""
        if self.authentication == "basic":
            pair = f"{quote(self.id, safe='')}:{quote(self.secret, safe='')}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}, {}
        form = {"client_id": self.id}
        return {}, form | ({} if self.authentication == "none" else {"client_secret": self.secret})


def machine(**changes: Any) -> App:
    """Make an app that gets tokens for itself (client credentials)."""
    return App(
        **{"id": "machine", "redirect_uris": (), "grants": ("client_credentials",)} | changes
    )


def challenge(verifier: str) -> str:
    """Give the S256 challenge of a verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def authorize_query(app: App, *, verifier: str, scopes: str, state: str = "a-state") -> str:
    """Write the query of an authorization request."""
    asked = {
        "response_type": "code",
        "client_id": app.id,
        "redirect_uri": app.redirect_uris[0],
        "scope": scopes,
        "state": state,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    return urlencode(asked)


def returned(address: str) -> dict[str, str]:
    """Read the query of an address that a person came back to."""
    return {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}


@dataclass(frozen=True)
class Client:
    """Asks a server on loopback, at `place` (host and port) by TLS."""

    place: str
    authority: Authority

    def token(self, app: App, **form: str) -> Said:
        """Ask the token endpoint."""
        return self.post("/token", app, **form)

    def post(self, path: str, app: App, **form: str) -> Said:
        """Send a form with the app's proof."""
        headers, more = app.proof()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(form | more), headers | kind)

    def read(self, path: str, access_token: str) -> Said:
        """Read with an access token."""
        return self.ask("GET", path, None, {"Authorization": f"Bearer {access_token}"})

    def ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Said:
        """Send a request. Raises: http.client.HTTPException, OSError when no whole answer comes."""
        host, _, port = self.place.rpartition(":")
        tls = ssl.create_default_context(cafile=str(self.authority.bundle))
        connection = Loopback(host, int(port), context=tls, timeout=60)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        named = {name.lower(): value for name, value in answer.headers.items()}
        is_json = "json" in named.get("content-type", "")
        return Said(answer.status, named, json.loads(content) if content and is_json else {})
