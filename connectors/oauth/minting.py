"""Signs the JSON Web Tokens with which a client or a service account proves itself (RFC 7523)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from joserfc import jwt

from connectors import keys, templates
from connectors.oauth.types import BadAssertion
from spojit.lib import clock

if TYPE_CHECKING:
    from connectors.manifest import Assertion
    from connectors.oauth.types import Client

CLIENT_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def assertion(client: Client, *, token_url: str, scopes: str = "") -> str:
    """Make a signed token that is good for the declared seconds.

    Claims are templates over the fields, the members of the pasted JSON key, what was captured,
    and `client_id`, `token_url` and `scopes`. A claim is left out when a value that it names is
    of an optional field that was left empty, or when no scopes are asked for.

    Raises:
        BadAssertion: the stored key cannot sign it.
        templates.Unfilled: a value is missing.
    """
    declared = client.oauth2.assertion
    assert declared is not None
    named = client.named | {"token_url": token_url, "scopes": scopes}
    key = _key(declared, templates.render(declared.private_key, named))
    header = {"alg": declared.algorithm, "typ": "JWT"}
    if declared.key_id:
        header["kid"] = templates.render(declared.key_id, named)
    claims = _times(declared) | _claims(client, declared, named)
    return jwt.encode(header, claims, key, algorithms=[declared.algorithm])


def _key(declared: Assertion, pem: str) -> keys.PrivateKey:
    try:
        key = keys.private_key(pem)
    except keys.BadKey as bad:
        raise BadAssertion(f"The private key cannot be used: {bad}.") from None
    if not keys.fits(key, declared.algorithm):
        raise BadAssertion(f"The private key is of another kind than {declared.algorithm} needs.")
    return key


def _times(declared: Assertion) -> dict[str, Any]:
    issued_at = int(clock.now().timestamp())
    expires_at = issued_at + declared.lifetime_seconds
    return {"iat": issued_at, "exp": expires_at, "jti": secrets.token_urlsafe(24)}


def _claims(client: Client, declared: Assertion, named: dict[str, str]) -> dict[str, Any]:
    optional = {field.key for field in client.scheme.fields if not field.required} | {"scopes"}
    found: dict[str, Any] = {}
    for name, value in declared.claims.items():
        missing = _names(value) - {key for key, text in named.items() if text}
        if not missing or missing - optional:
            found[name] = _filled(value, named)
    return found


def _names(value: Any) -> frozenset[str]:
    if isinstance(value, list):
        return frozenset().union(*(_names(item) for item in value))
    return templates.names(value) if isinstance(value, str) else frozenset()


def _filled(value: Any, named: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(item, named) for item in value]
    return templates.render(value, named) if isinstance(value, str) else value
