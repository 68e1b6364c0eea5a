"""Parts of how a scheme gets tokens: scopes, what answers hold, and how tokens are taken back."""

from typing import Annotated, Literal, Self

from pydantic import Field as Setting, model_validator

from connectors.manifest.base import HttpsUrl, Json, Key, Line, Sourced, Strict

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
        path: a path of `connectors.paths` in the whole answer, or the name of the query's
            parameter.
        kind: how it is read: a text, a whole host (also told as an address, whose path is
            dropped), or a whole address (https only, no query).
        pattern: what the whole text must match.
        hosts: the host (of kinds `host` and `url`) is one of these, or ends in one that begins
            with a dot; with `:8443` behind it on that port, else on 443. Anything else is
            refused, whatever the service says.
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

    The one entry is taken whose id, name or further text is in `choose_by`; when nobody filled
    that in, the only one. Else the authorization comes to nothing, and says what to fill in.

    Attributes:
        key: the name under which the entry's id is kept.
        url: an absolute address on a declared host.
        items: the path of the list, or of the only entry; empty when the body is that.
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
        headers: sent besides, such as the service's version.
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
    headers: dict[str, str] = {}


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
        document: a secret field that holds a JSON key (of kind `json_key`); its members may be
            named below.
        private_key: a template of the PEM key, such as `{private_key}`.
        key_id: a template of the header `kid`; empty for none.
        claims: names and values; texts, also in lists, are templates over the fields, the
            document's members, what was captured, and `client_id`, `token_url` and `scopes`. One
            that names an optional field that is empty, or no scopes, is left out. `iat`, `exp`
            and `jti` are added.
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
        example: a whole good answer, as the service's documentation shows it (a form as an
            object); the contract's tests read it.
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
    example: dict[str, Json] = {}
