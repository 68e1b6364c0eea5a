"""Gets tokens: for a code, for a refresh token, or for what a client or account proves itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors import hosts
from connectors.oauth import answering, asking, discovering, minting, sending
from connectors.oauth.types import Answered, App, Client
from spojit.lib import redaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from connectors.manifest import Connector, Scheme
    from spojit.lib.outbound import Policy, Request


def exchange(  # noqa: PLR0913 - what the protocol sends, each by its name
    connector: Connector,
    scheme: Scheme,
    values: Mapping[str, str],
    *,
    app: App,
    code: str,
    redirect_uri: str,
    verifier: str,
    captured: Mapping[str, str],
    policy: Policy | None = None,
) -> Answered:
    """Change a code for tokens (RFC 6749 section 4.1.3), and discover what they are for.

    Args:
        connector: whose scheme it is.
        scheme: the one that was authorized.
        values: of the scheme's fields.
        app: the one that asked for the code.
        code: from the callback; it is good once.
        redirect_uri: as it was sent to the authorize address.
        verifier: of PKCE.
        captured: what `read_return` gave.
        policy: of the way out; no call takes more than 15 seconds.
    """
    client = Client.of(connector, scheme, {**values, **captured}, app)
    oauth2 = client.oauth2
    asked = {"code": code, "redirect_uri": redirect_uri}
    if oauth2.pkce == "S256":
        asked["code_verifier"] = verifier

    def make() -> Request:
        return asking.token_request(
            client, oauth2.token_url, "authorization_code", asked, fixed=oauth2.token_parameters
        )

    return discovering.complete(client, _ask(client, make, captured, policy), policy)


def renew(
    connector: Connector,
    scheme: Scheme,
    values: Mapping[str, str],
    *,
    app: App,
    refresh_token: str,
    scopes: Iterable[str],
    captured: Mapping[str, str],
    policy: Policy | None = None,
) -> Answered:
    """Change a refresh token for new tokens (RFC 6749 section 6).

    `scopes` are sent only where the connector says so (`token_scopes`); `captured` is all that is
    kept, and comes back whole in the tokens.
    """
    client = Client.of(connector, scheme, {**values, **captured}, app)
    oauth2 = client.oauth2
    asked = {"refresh_token": refresh_token}
    if oauth2.token_scopes:
        asked |= asking.scope_parameter(oauth2, scopes)

    def make() -> Request:
        template = oauth2.refresh_url or oauth2.token_url
        fixed = oauth2.refresh_parameters
        return asking.token_request(client, template, "refresh_token", asked, fixed=fixed)

    return _ask(client, make, captured, policy, refresh_token)


def mint(
    connector: Connector,
    scheme: Scheme,
    values: Mapping[str, str],
    *,
    app: App | None,
    scopes: Iterable[str],
    policy: Policy | None = None,
) -> Answered:
    """Get a token without a person: client credentials (RFC 6749 section 4.4) or a signed JWT.

    What is discovered is found anew each time. There is never a refresh token.
    """
    client = Client.of(connector, scheme, values, app)
    asked_scopes = list(scopes)

    def make() -> Request:
        redaction.register([client.app.client_secret])  # it may stand inside a pasted document
        return _minting_request(client, asked_scopes)

    return discovering.complete(client, _ask(client, make, {}, policy), policy)


def token_place(scheme: Scheme, values: Mapping[str, str]) -> str:
    """Give "host:port" of the token endpoint, with `values` also of what was captured.

    Raises:
        hosts.BadServiceUrl, templates.Unfilled: a value is missing or wrong.
    """
    oauth2 = scheme.at(values).oauth2
    assert oauth2 is not None
    return hosts.authority(hosts.fill(oauth2.refresh_url or oauth2.token_url, values))


def _minting_request(client: Client, scopes: list[str]) -> Request:
    oauth2 = client.oauth2
    asked = asking.scope_parameter(oauth2, scopes) if oauth2.token_scopes else {}
    fixed, template = oauth2.token_parameters, oauth2.token_url
    if oauth2.grant != "jwt_bearer":
        return asking.token_request(client, template, "client_credentials", asked, fixed=fixed)
    url = hosts.fill(template, client.shown)
    signed = minting.assertion(client, token_url=url, scopes=asking.joined(oauth2, scopes))
    asked["assertion"] = signed
    return asking.token_request(client, template, minting.JWT_BEARER, asked, fixed=fixed)


def _ask(
    client: Client,
    make: Callable[[], Request],
    kept: Mapping[str, str],
    policy: Policy | None,
    refresh_token: str = "",
) -> Answered:
    answer = sending.send(client.connector, make, policy)
    if isinstance(answer, Answered):
        return answer
    answered = answering.read(client, answer, kept=kept, refresh_token=refresh_token)
    if answered.tokens is not None:
        redaction.register([answered.tokens.access_token, answered.tokens.refresh_token])
    return answered
