"""How a scheme gets tokens by OAuth 2: endpoints, what each wants, and what its answers hold.

Differences between services are declared here, never coded. Templates may name the scheme's
fields and what was captured; hosts made from them are checked like every host.
"""

from typing import Annotated, Literal, Self

from pydantic import Field as Setting, model_validator

from connectors.manifest.base import HttpsUrl, Key, Line, Sourced
from connectors.manifest.tokens import (
    Addresses,
    AddressTemplate,
    Assertion,
    Captured,
    ClientAuthentication,
    Discovery,
    Preset,
    Revocation,
    Scope,
    TokenAnswer,
)

Grant = Literal["authorization_code", "client_credentials", "jwt_bearer"]


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
        authorize_parameters: always sent besides; texts are templates over the fields that are
            no secret, and `client_id`.
        token_parameters, refresh_parameters: always sent besides, the latter when renewing; texts
            are templates over the fields, what was captured, and `client_id`. With client
            credentials `grant_type` may be among them.
        token_headers: sent to the token endpoint; templates over what is no secret.
        scope_parameter, scope_separator: how scopes are asked for.
        token_scopes: the scopes are sent when tokens are minted (client credentials and JWT),
            and when they are renewed.
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
