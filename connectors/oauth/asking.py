"""Builds requests for tokens: what is asked, and how the client proves who it is. No I/O.

Everything travels as the request's credential, so that it goes to the token endpoint's own host
and port and nowhere else, and never along with a redirect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote_plus

from authlib.oauth2.auth import ClientAuth, encode_client_secret_basic
from authlib.oauth2.rfc6749.parameters import prepare_token_request

from connectors import hosts, templates
from connectors.oauth import minting
from spojit.lib.outbound.types import Parts, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from connectors.manifest import OAuth2
    from connectors.oauth.types import Client

_basic: Callable[..., tuple[str, dict[str, str], str]] = encode_client_secret_basic
_CONTENT_TYPES = {
    "form": ("application/x-www-form-urlencoded", b""),
    "json": ("application/json", b"{}"),
}


def token_request(
    client: Client,
    template: str,
    grant_type: str,
    parameters: Mapping[str, str],
    *,
    fixed: Mapping[str, str],
) -> Request:
    """Make the request to a token endpoint.

    Args:
        client: who asks.
        template: of the endpoint's address.
        grant_type: of RFC 6749, or an extension's.
        parameters: what is asked; empty ones are left out.
        fixed: templates of what is always sent besides; a `grant_type` among them wins.

    Raises:
        hosts.BadServiceUrl, templates.Unfilled, minting.BadAssertion: a value is missing or wrong.
    """
    url = hosts.fill(template, client.shown)
    more = {name: templates.render(text, client.named) for name, text in fixed.items()}
    grant_type = more.pop("grant_type", grant_type)
    body = prepare_token_request(grant_type, **{**parameters, **more})
    proof = prove(client, client.oauth2.client_authentication, url=url)
    sent = Parts(headers=proof.headers, body_fields=dict(parse_qsl(body)) | proof.body_fields)
    kind, empty = _CONTENT_TYPES[client.oauth2.token_body]
    headers = {"Content-Type": kind, "Accept": "application/json"}
    headers |= {
        name: templates.render(text, client.shown)
        for name, text in client.oauth2.token_headers.items()
    }
    return private("POST", url, headers=headers, body=empty, sent=sent)


def private(
    method: str, url: str, *, headers: dict[str, str], body: bytes | None, sent: Parts
) -> Request:
    """Make a request whose secrets go to this address's own host and port only, and once."""
    return Request(
        method,
        url,
        headers=headers,
        body=body,
        credential=sent,
        secret_hosts=frozenset({hosts.authority(url)}),
        is_idempotent=False,
        follow_redirects=False,
    )


def prove(client: Client, how: str, *, url: str) -> Parts:
    """Prove who the client is, as RFC 6749 section 2.3 and RFC 7523 section 2.2 say.

    The parts of a Basic header are form-urlencoded first (RFC 6749 section 2.3.1), which Authlib
    leaves to its callers.
    """
    app = client.app
    if how == "basic":
        encoded = ClientAuth(quote_plus(app.client_id), quote_plus(app.client_secret))
        return Parts(headers=_basic(encoded, "POST", url, {}, "")[1])
    if how == "post":
        secret = {"client_secret": app.client_secret} if app.client_secret else {}
        return Parts(body_fields={"client_id": app.client_id} | secret)
    if how == "private_key_jwt":
        signed = minting.assertion(client, token_url=url)
        kind = minting.CLIENT_ASSERTION_TYPE
        return Parts(body_fields={"client_assertion_type": kind, "client_assertion": signed})
    return Parts(body_fields={"client_id": app.client_id} if app.client_id else {})


def asked_scopes(oauth2: OAuth2, chosen: Iterable[str]) -> list[str]:
    """Give what is asked for: what is always asked for, then what was chosen, each once."""
    return list(dict.fromkeys([*oauth2.required_scopes, *chosen]))


def joined(oauth2: OAuth2, chosen: Iterable[str]) -> str:
    """Write the scopes as the service wants them."""
    return oauth2.scope_separator.join(asked_scopes(oauth2, chosen))


def scope_parameter(oauth2: OAuth2, chosen: Iterable[str]) -> dict[str, str]:
    """Give the parameter that asks for scopes; nothing when there are none."""
    scopes = joined(oauth2, chosen)
    return {oauth2.scope_parameter: scopes} if scopes else {}
