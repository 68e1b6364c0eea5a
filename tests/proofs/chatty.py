"""An authorization server that tells everybody everything: it repeats whatever it hears.

What it gives are canaries, and it keeps those that it was told: codes, verifiers, states.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from tests import servers
from tests.proofs.leaks import Canary

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers import Received, Reply

FITTING = cycle(["plain", "base64", "quotes", "markup"])  # RFC 6749, appendix A: no spaces


@dataclass
class Chatty:
    """The service.

    Attributes:
        canaries: all that must be found nowhere.
        failures: how the next requests to the token endpoint fail, one each.
    """

    canaries: list[Canary] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def new(self, shape: str = "") -> str:
        """Make a secret that must be found nowhere."""
        self.canaries.append(Canary(shape or next(FITTING)))
        return self.canaries[-1].value

    def learned(self, secret: str) -> str:
        """Keep a secret of the product's own that must be found nowhere."""
        self.canaries.append(Canary("plain", token=secret))
        return secret

    def answer(self, received: Received) -> Reply:
        """Repeat what came, in one answer or another."""
        if received.path == "/token":
            return self._token(received)
        if received.path == "/token/revocation":
            return _refused(received)
        if received.path == "/api/me":
            bearer = received.headers["authorization"]
            told = {"id": "7", "name": f"The owner of {bearer}", **_everything(received)}
            return servers.json_reply(told, X_Scopes=f"read {bearer.split()[-1]}")
        return servers.json_reply(_everything(received), 200)

    def _token(self, received: Received) -> Reply:
        form = {key: values[0] for key, values in parse_qs(received.body.decode()).items()}
        if verifier := form.get("code_verifier"):
            self.learned(verifier)
        if self.failures:
            return FAILURES[self.failures.pop(0)](received)
        told = {"access_token": self.new(), "expires_in": 3600, "scope": "read"}
        if form["grant_type"] != "client_credentials":
            told["refresh_token"] = self.new()
        return servers.json_reply(told | _everything(received))


def _everything(received: Received) -> dict[str, Any]:
    raw = received.raw
    coded = base64.b64encode(raw).decode()
    return {"sent": raw.decode("latin-1"), "coded": coded, "hex": raw.hex()}


def _secret_of(received: Received) -> str:
    form = parse_qs(received.body.decode())
    return (form.get("refresh_token") or form.get("code") or form.get("token") or ["none"])[0]


def _refused(received: Received) -> Reply:
    told = {"error": "invalid_request", "error_description": _secret_of(received)}
    return servers.json_reply(told | _everything(received), 400)


def _named_by_its_secret(received: Received) -> Reply:
    return servers.json_reply({"error": _secret_of(received).lower()}, 400)


def _broken(received: Received) -> Reply:
    page = f"<h1>Fault</h1><pre>{received.raw.decode('latin-1')}</pre>".encode()
    return servers.Reply(500, {"Content-Type": "text/html"}, page)


def _unreadable(received: Received) -> Reply:
    return servers.Reply(200, {}, json.dumps(_everything(received)).encode()[:-1])


def _elsewhere(received: Received) -> Reply:
    return servers.redirect(f"https://127.0.0.1:1/?{received.body.decode()}")


def _ended(received: Received) -> Reply:
    told = {"error": "invalid_grant", "error_description": _secret_of(received)}
    return servers.json_reply(told, 400)


FAILURES: dict[str, Callable[[Received], Reply]] = {
    "refused": _refused,
    "named": _named_by_its_secret,
    "broken": _broken,
    "unreadable": _unreadable,
    "elsewhere": _elsewhere,
    "ended": _ended,
}
