"""Reads answers of token endpoints as a test writes them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from connectors.oauth import answering
from connectors.oauth.types import Client
from spojit.lib.outbound.types import Answer, Headers
from tests.connectors.oauth import service

if TYPE_CHECKING:
    from connectors import oauth


def client(**oauth2: Any) -> Client:
    """Make a client of the service that never was."""
    found = service.connector(**oauth2)
    return Client.of(found, service.scheme(found), {}, service.APP)


def read(
    body: Any,
    status: int = 200,
    *,
    kind: str = "application/json",
    headers: tuple[tuple[str, str], ...] = (),
    **oauth2: Any,
) -> oauth.Answered:
    """Read an answer with this body; what is not bytes is written as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Answer(status, Headers([("Content-Type", kind), *headers]), raw, "", 7, "")
    return answering.read(client(**oauth2), answer, kept={})


def tokens(body: Any, **oauth2: Any) -> oauth.Tokens:
    """Read the tokens of a good answer."""
    answered = read(body, **oauth2)
    assert answered.outcome.name == "ok"
    assert answered.tokens is not None
    return answered.tokens


def jwt(claims: Any) -> str:
    """Write a JWT with these claims and no true signature."""
    parts = [json.dumps({"alg": "none"}).encode(), json.dumps(claims).encode(), b"sig"]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
