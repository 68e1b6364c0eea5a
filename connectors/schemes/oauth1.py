"""OAuth 1.0a (RFC 5849) with a token at hand: each request signed, in the Authorization header.

Authlib writes base string and header. HMAC-SHA256 is what services ask for that still speak
OAuth 1; Authlib brings HMAC-SHA1 only, so it is registered here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from authlib.oauth1.rfc5849.client_auth import ClientAuth
from authlib.oauth1.rfc5849.parameters import prepare_headers
from authlib.oauth1.rfc5849.signature import generate_signature_base_string
from authlib.oauth1.rfc5849.util import escape

from connectors import templates
from spojit.lib import clock
from spojit.lib.outbound.errors import InvalidRequest
from spojit.lib.outbound.types import Outgoing, Parts, Signer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Scheme

HMAC_SHA256 = "HMAC-SHA256"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Keys:
    """Who signs: a consumer (the app) with a token (the account's yes).

    Attributes:
        realm: stands in the header and is not signed (RFC 5849 section 3.5.1); empty for none.
    """

    consumer_key: str
    consumer_secret: str = field(repr=False)
    token: str
    token_secret: str = field(repr=False)
    realm: str = ""
    method: str = HMAC_SHA256


def attach(scheme: Scheme, values: Mapping[str, str]) -> Parts:  # noqa: ARG001 - one shape for all
    """Add nothing: all of it is the signature's work."""
    return Parts()


def signer(scheme: Scheme, values: Mapping[str, str]) -> Signer:
    """Make what signs each request with these values. Raises: templates.Unfilled."""
    keys = keys_of(scheme, values)
    return lambda outgoing: sign(
        outgoing,
        keys,
        nonce=secrets.token_urlsafe(18),
        timestamp=int(clock.now().timestamp()),
    )


def keys_of(scheme: Scheme, values: Mapping[str, str]) -> Keys:
    """Read the keys out of a scheme's values. Raises: templates.Unfilled."""
    declared = scheme.oauth1
    assert declared is not None
    return Keys(
        consumer_key=templates.render(declared.consumer_key, values),
        consumer_secret=templates.render(declared.consumer_secret, values),
        token=templates.render(declared.token, values),
        token_secret=templates.render(declared.token_secret, values),
        realm=templates.render(declared.realm, values),
        method=declared.signature_method,
    )


def sign(outgoing: Outgoing, keys: Keys, *, nonce: str, timestamp: int) -> dict[str, str]:
    """Give the Authorization header.

    A form's fields are signed with the query (RFC 5849 section 3.4.1.3.1); any other body is
    not, and no `oauth_body_hash` is sent: it is of a draft, and unknown parameters get refused.

    Raises:
        InvalidRequest: it would go over plain http, where Authlib signs nothing.
    """
    if not outgoing.url.startswith("https://"):
        raise InvalidRequest("OAuth 1 signs requests over https only.")
    client = ClientAuth(
        keys.consumer_key,
        keys.consumer_secret,
        token=keys.token,
        token_secret=keys.token_secret,
        signature_method=keys.method,
    )
    parameters = client.get_oauth_params(nonce, str(timestamp))
    unsigned = prepare_headers(parameters, {"Host": _header(outgoing, "host")})
    address, _, query = outgoing.url.partition("?")
    signature = client.get_oauth_signature(
        outgoing.method, f"{address}?{_plain(query)}", unsigned, _form_of(outgoing)
    )
    return prepare_headers([*parameters, ("oauth_signature", signature)], realm=keys.realm or None)


def _plain(pairs: str) -> str:
    """Write a query or form anew: Authlib reads fewer characters unescaped than may be sent."""
    return urlencode(parse_qsl(pairs, keep_blank_values=True))


def sign_hmac_sha256(client: Any, request: Any) -> str:
    """Sign as RFC 5849 section 3.4.2 does, with SHA-256 in place of SHA-1."""
    text = generate_signature_base_string(request)
    key = f"{escape(client.client_secret)}&{escape(client.token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _form_of(outgoing: Outgoing) -> str | None:
    is_form = _header(outgoing, "content-type").partition(";")[0].strip().lower() == _FORM
    return _plain(outgoing.body.decode()) if is_form else None


def _header(outgoing: Outgoing, name: str) -> str:
    return next((value for key, value in outgoing.headers.items() if key.lower() == name), "")


ClientAuth.register_signature_method(HMAC_SHA256, sign_hmac_sha256)
