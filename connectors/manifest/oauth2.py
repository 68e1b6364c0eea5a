"""How a scheme gets tokens by OAuth 2: endpoints, what each wants, and what its answers hold.

Differences between services are declared here, never coded. Templates may name the scheme's
fields and what was captured; hosts made from them are checked like every host.
"""

from typing import Annotated, Literal, Self

from pydantic import Field as Setting, model_validator

from connectors.manifest.base import HttpsUrl, Json, Key, Line, Sourced, Strict

Grant = Literal["authorization_code", "client_credentials", "jwt_bearer"]
ClientAuthentication = Literal["basic", "post", "none", "private_key_jwt"]
AddressTemplate = Annotated[str, Setting(pattern=r"^https://[^\s?#]+$", max_length=500)]


class Scope(Strict):
    """A scope that can be asked for.

    Attributes:
        scope: its name at the service.
        label: what it allows, in a sentence for people.
        required: always asked for, such as the one that gives a refresh token.
    """

    scope: Annotated[str, Setting(min_length=1, max_length=200, pattern=r"^\S+$")]
    label: Line
    required: bool = False


class Preset(Strict):
    """Scopes that are chosen together; the first preset of a scheme is the smallest."""

    key: Key
    label: Line
    scopes: list[str]


class Captured(Strict):
    """A value that the service tells once, kept with the tokens and named in templates by `key`.

    Attributes:
        source: the token endpoint's answer, or the query of the callback.
        path: a path of `connectors.paths` in the answer, or the name of the query's parameter.
        kind: how it is read: a text, a whole host, or a whole address (https only).
        pattern: what the whole text must match.
        hosts: the host (of kinds `host` and `url`) is one of these, or ends in one that begins
            with a dot. Anything else is refused, whatever the service says.
        required: without it the authorization does not count.
        on_refresh: it may change with a refresh; else the first one stays.
    """

    key: Key
    source: Literal["token", "callback"] = "token"
    path: str
    kind: Literal["text", "host", "url"] = "text"
    pattern: str = ""
    hosts: list[str] = []
    required: bool = True
    on_refresh: bool = False

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        if self.kind == "text" and not self.pattern:
            raise ValueError("say in pattern what the value may be; the service is not trusted")
        if self.kind != "text" and not self.hosts:
            raise ValueError("say in hosts where the address may lie; the service is not trusted")
        return self


class Discovery(Sourced):
    """A call with the new token that finds which site or tenant of the account is meant.

    With one entry that one is taken; with several, the one whose id or name is in `choose_by`.

    Attributes:
        key: the name under which the entry's id is kept.
        url: an absolute address on a declared host.
        items: the path of the list; empty when the body is the list.
        id, name: paths in an entry.
        choose_by: the field in which a person names the entry, by id, name or address.
        also: paths in an entry of further texts by which it may be named.
        pattern: what the id must match.
    """

    key: Key
    url: HttpsUrl
    items: str = ""
    id: str
    name: str
    choose_by: Key
    also: list[str] = []
    pattern: str


class Revocation(Sourced):
    """How tokens are taken back when a connection is removed.

    Attributes:
        style: `rfc7009` posts token and token_type_hint with the client's authentication;
            `request` is a request of the service's own with `method`, `body` and `fixed`.
        fixed: always sent besides, in the body or the query; texts are templates over the
            fields, what was captured, and `client_id`.
        token: which token is sent.
        parameter: the name under which the token is sent; empty when it goes only as `bearer`.
        bearer: the access token authorizes the call.
        ends: one revocation ends this token, or the account's whole grant to the app.
        client_authentication: by default that of the token endpoint for `rfc7009`, and none for
            `request`; `none_but_id` sends the client's ID only.
        gone: statuses that also mean that it is gone.
        gone_errors: error codes that mean so, besides `invalid_grant` and the scheme's own
            `revoked_errors`.
        url: a template like the others; it may name `client_id` besides.
    """

    url: AddressTemplate
    style: Literal["rfc7009", "request"] = "rfc7009"
    method: Literal["POST", "DELETE", "GET"] = "POST"
    token: Literal["access_token", "refresh_token"] = "refresh_token"  # noqa: S105 - a name
    parameter: str = "token"
    body: Literal["form", "json", "query", "none"] = "form"
    client_authentication: ClientAuthentication | Literal["none_but_id"] | None = None
    bearer: bool = False
    ends: Literal["token", "grant"] = "token"
    gone: list[int] = []
    gone_errors: list[str] = []
    fixed: dict[str, str] = {}


class Addresses(Strict):
    """Addresses of a scheme at one service URL; those that are left out stay as they are."""

    authorize_url: AddressTemplate | None = None
    token_url: AddressTemplate | None = None
    refresh_url: AddressTemplate | None = None
    issuer: str | None = None
    revocation_url: AddressTemplate | None = None


class Assertion(Strict):
    """A JSON Web Token that proves the client or the service account (RFC 7523).

    Attributes:
        algorithm: of RFC 7518.
        document: a secret field that holds a JSON key; its members are values in `claims` below.
        private_key: a template of the PEM key, such as `{private_key}`.
        key_id: a template of the header `kid`; empty for none.
        claims: names and values; texts are templates. `iat` and `exp` are added.
        lifetime_seconds: from `iat` to `exp`.
    """

    algorithm: Literal["RS256", "PS256", "ES256"]
    document: Key | None = None
    private_key: str = "{private_key}"
    key_id: str = ""
    claims: dict[str, Json] = {}
    lifetime_seconds: Annotated[int, Setting(ge=30, le=3600)] = 300


class TokenAnswer(Strict):
    """Where the token endpoint's answer holds what; paths of `connectors.paths`.

    Attributes:
        format: JSON, a form, or whichever the answer's Content-Type says.
        within: the object in which the other paths begin, such as Slack's `authed_user`.
        refresh_expires_in: seconds until the refresh token dies.
        expires_at: a moment (ISO 8601 or seconds since 1970) in place of `expires_in`.
        scope_separator: between granted scopes; by default that of the request.
        error: where an answer with status 200 says that it is a failure.
        success: a path whose value is true in a good answer, such as Slack's `ok`.
    """

    format: Literal["json", "form", "auto"] = "json"
    within: str = ""
    access_token: str = "access_token"  # noqa: S105 - a path
    refresh_token: str = "refresh_token"  # noqa: S105 - a path
    expires_in: str = "expires_in"
    expires_at: str = ""
    refresh_expires_in: str = ""
    scope: str = "scope"
    scope_separator: str = ""
    error: str = "error"
    success: str = ""


class OAuth2(Sourced):
    """One way to get tokens.

    Attributes:
        grant: how tokens are first got.
        client: whose client it is: an OAuth app kept apart (the installation's or the
            workspace's), or the scheme's own fields `client_id` and `client_secret`.
        authorize_url, token_url, refresh_url: templates of addresses; `refresh_url` by default
            is `token_url`.
        by_service_url: other addresses, by the key of the service URL that they belong to, such
            as a sandbox's; `Scheme.at` puts them in place.
        issuer: what `iss` in the callback must be (RFC 9207); a template.
        issuer_required: the service always sends it.
        pkce: S256, or none with `pkce_reason`.
        client_authentication: how the client proves itself at the token endpoint: Basic (its
            parts form-urlencoded, RFC 6749 section 2.3.1), in the body, not at all, or by a JWT.
        token_body: how requests to the token endpoint are written.
        authorize_parameters, token_parameters, refresh_parameters: always sent besides; texts
            are templates over the fields.
        scope_parameter, scope_separator: how scopes are asked for.
        token_scopes: client credentials and JWT: the scopes are sent with the token request.
        scopes: what can be asked for; presets choose among them, the smallest first.
        refresh: the refresh token changes each time, stays, or there is none.
        lifetime_seconds: of an access token whose answer does not tell; None: it does not expire.
        refresh_lifetime_seconds: a refresh token that is not used for so long is dead.
        revoked_errors: error codes that, like `invalid_grant`, mean that the person must
            authorize again.
        client_errors: error codes that mean the OAuth app and not the person, besides
            `invalid_client` and `unauthorized_client`.
        error_code: the path of the finer code in an error's answer, such as `error_codes[0]`.
        account_hint: the authorize parameter that proposes the known account on reconnecting.
        notes: what to know when registering an app, a sentence each.
        register_url: where an app is registered.
    """

    grant: Grant = "authorization_code"
    client: Literal["app", "fields"] = "app"
    authorize_url: AddressTemplate | None = None
    token_url: AddressTemplate
    refresh_url: AddressTemplate | None = None
    by_service_url: dict[Key, Addresses] = {}
    issuer: str = ""
    issuer_required: bool = False
    pkce: Literal["S256", "none"] = "S256"
    pkce_reason: Line | None = None
    client_authentication: ClientAuthentication = "basic"
    token_body: Literal["form", "json"] = "form"  # noqa: S105 - a format
    authorize_parameters: dict[str, str] = {}
    token_parameters: dict[str, str] = {}
    refresh_parameters: dict[str, str] = {}
    token_headers: dict[str, str] = {}
    scope_parameter: str = "scope"
    scope_separator: str = " "
    token_scopes: bool = False
    scopes: list[Scope] = []
    presets: list[Preset] = []
    answer: TokenAnswer = TokenAnswer()
    captured: list[Captured] = []
    discovery: Discovery | None = None
    assertion: Assertion | None = None
    refresh: Literal["rotating", "stable", "none"] = "stable"
    lifetime_seconds: Annotated[int, Setting(ge=30)] | None = None
    refresh_lifetime_seconds: Annotated[int, Setting(ge=3600)] | None = None
    revoked_errors: list[str] = []
    client_errors: list[str] = []
    error_code: str = ""
    account_hint: str = ""
    revocation: Revocation | None = None
    notes: list[str] = []
    register_url: HttpsUrl | None = None

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if (self.grant == "authorization_code") != (self.authorize_url is not None):
            raise ValueError("authorize_url is for authorization_code, and only for it")
        if self.grant == "authorization_code" and self.pkce == "none" and not self.pkce_reason:
            raise ValueError("say in pkce_reason why PKCE is off")
        needs_assertion = self.grant == "jwt_bearer" or (
            self.client_authentication == "private_key_jwt"
        )
        if needs_assertion != (self.assertion is not None):
            raise ValueError("assertion is for jwt_bearer and private_key_jwt, and only for them")
        known = {scope.scope for scope in self.scopes}
        for preset in self.presets:
            if unknown := set(preset.scopes) - known:
                raise ValueError(f"preset {preset.key} names {sorted(unknown)}, not in scopes")
        return self

    def at(self, service_url: str) -> Self:
        """Give it with the addresses that belong to a service URL, by its key."""
        places = self.by_service_url.get(service_url)
        if places is None:
            return self
        changed = {name: value for name, value in dict(places).items() if value is not None}
        revoked_at = changed.pop("revocation_url", None)
        if revoked_at and self.revocation:
            changed["revocation"] = self.revocation.model_copy(update={"url": revoked_at})
        return self.model_copy(update=changed)

    @property
    def told_kinds(self) -> dict[str, str]:
        """The keys of what is captured or discovered, and the kind of each."""
        found: dict[str, str] = {captured.key: captured.kind for captured in self.captured}
        return found | ({self.discovery.key: "text"} if self.discovery else {})

    @property
    def is_authorized_by_person(self) -> bool:
        """Whether a person is sent to the service to say yes."""
        return self.grant == "authorization_code"

    @property
    def required_scopes(self) -> list[str]:
        """What is always asked for."""
        return [scope.scope for scope in self.scopes if scope.required]
