"""Sends a person to the service to say yes, and reads what they come back with. No I/O."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from connectors import hosts, templates
from connectors.oauth import asking, capturing
from connectors.oauth.types import (
    App,
    AuthorizationRefused,
    Client,
    NoCode,
    Returned,
    WrongIssuer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from connectors.manifest import Connector, Scheme

_grant_uri: Callable[..., str] = prepare_grant_uri
_challenge: Callable[[str], str] = create_s256_code_challenge
_CODE = re.compile(r"[\x20-\x7e]{1,4096}")  # RFC 6749, appendix A.11
_ERROR = re.compile(r"[a-z0-9_.-]{1,60}")


def authorize_url(  # noqa: PLR0913 - what the protocol sends, each by its name
    connector: Connector,
    scheme: Scheme,
    values: Mapping[str, str],
    *,
    app: App,
    redirect_uri: str,
    state: str,
    verifier: str,
    scopes: Iterable[str],
    account: str = "",
) -> str:
    """Give the address to which the browser is sent (RFC 6749 section 4.1.1, RFC 7636).

    Args:
        connector: whose scheme it is.
        scheme: one that a person authorizes.
        values: of the scheme's fields.
        app: on whose behalf.
        redirect_uri: the callback, as it is registered.
        state: what the callback must bring back.
        verifier: of PKCE, 43 to 128 characters; only its hash is in the address.
        scopes: what was chosen; required ones are added.
        account: the known account's name, proposed where the connector says how.

    Raises:
        hosts.BadServiceUrl, templates.Unfilled: a value is missing or wrong.
    """
    client = Client.of(connector, scheme, values, app)
    oauth2 = client.oauth2
    assert oauth2.authorize_url is not None
    more = {
        name: templates.render(text, client.shown)
        for name, text in oauth2.authorize_parameters.items()
    }
    if oauth2.pkce == "S256":
        more["code_challenge"] = _challenge(verifier)
        more["code_challenge_method"] = "S256"
    if oauth2.account_hint and account:
        more[oauth2.account_hint] = account
    more |= asking.scope_parameter(oauth2, scopes)
    uri = hosts.fill(oauth2.authorize_url, client.shown)
    return _grant_uri(
        uri, client.app.client_id, "code", redirect_uri=redirect_uri, state=state, **more
    )


def read_return(
    connector: Connector, scheme: Scheme, values: Mapping[str, str], query: Mapping[str, str]
) -> Returned:
    """Read the query of the callback; its state is the caller's to check, before this.

    Raises:
        AuthorizationRefused: the service says that it was not authorized.
        WrongIssuer: another authorization server answers (RFC 9207 section 2.4).
        NoCode: there is none.
        BadCapture: what the service tells besides is not what it may tell.
    """
    client = Client.of(connector, scheme, values, None)
    _require_issuer(client, query)
    if query.get("error"):
        raise AuthorizationRefused(error_code(query["error"]))
    if not _CODE.fullmatch(query.get("code", "")):
        raise NoCode
    return Returned(query["code"], capturing.from_query(client.oauth2.captured, query))


def error_code(text: str) -> str:
    """Keep a code of the service only when it can be nothing but one."""
    code = text.lower()
    return code if _ERROR.fullmatch(code) else ""


def _require_issuer(client: Client, query: Mapping[str, str]) -> None:
    """Check `iss`; a refusal that lacks it grants nothing and may be told as it is."""
    declared, told = client.oauth2.issuer, query.get("iss", "")
    if not declared:
        return
    if told and told != templates.render(declared, client.shown):
        raise WrongIssuer
    if not told and client.oauth2.issuer_required and not query.get("error"):
        raise WrongIssuer
