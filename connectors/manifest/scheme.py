"""A scheme: one way to sign in to a service, its fields, and where each credential goes."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Literal, Self

from pydantic import model_validator

from connectors import templates
from connectors.manifest.base import Key, Line, Sourced, Strict
from connectors.manifest.field import Field
from connectors.manifest.oauth2 import OAuth2
from connectors.manifest.verification import Verification
from connectors.manifest.webhook import SECRET_FIELD, Webhook

KINDS = ("none", "api_key", "basic", "oauth2", "oauth1", "database", "aws_sigv4", "webhook")
"""What a scheme can be. A second one of a kind adds words: `api_key_restricted`."""

TOKENS = frozenset({"access_token", "refresh_token"})
"""What a scheme with tokens knows besides its fields; both are secret."""

_KEY = "{api_key}"
_PATH = re.compile(r"(/([A-Za-z0-9_~-]|\{[a-z][a-z0-9_]*\})+)+")
"""No dot, so that nothing climbs; RFC 3986 section 3.3 allows more."""


class Placement(Strict):
    """Where one credential travels: exactly one of header, query, body and path names the place.

    Attributes:
        path: what stands before the path of every request, such as `/bot{api_key}`; the values
            are percent-encoded.
        value: a template over the scheme's fields, such as `Bearer {api_key}`; not for a path.
        prefix: a field whose value, when it has one, stands before it with a space.
    """

    header: str = ""
    query: str = ""
    body: str = ""
    path: str = ""
    value: str = _KEY
    prefix: Key | None = None

    @property
    def deciding(self) -> frozenset[str]:
        """The fields that decide where the credential stands, and what stands before it."""
        named = (templates.names(text) for text in (self.header, self.query, self.body, self.path))
        return frozenset({self.prefix} if self.prefix else ()).union(*named)

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if sum(map(bool, (self.header, self.query, self.body, self.path))) != 1:
            raise ValueError("give exactly one of header, query, body and path")
        return self

    @model_validator(mode="after")
    def _has_a_sound_path(self) -> Self:
        if not self.path:
            return self
        if self.prefix or self.value != _KEY:
            raise ValueError("a path is a template itself; take value and prefix out")
        if not _PATH.fullmatch(self.path):
            raise ValueError("a path is written like /bot{api_key}, without dots")
        named = [name for _, name in templates.split(self.path) if name]
        if not named or len(named) != len(set(named)):
            raise ValueError("a path names at least one field, and none twice")
        return self


class Signing(Strict):
    """What AWS Signature Version 4 signs for; service, region and hosts are templates.

    Attributes:
        others: what else is signed for, by the host (of the connector's `hosts`) that it is at.
    """

    service: str
    region: str
    others: dict[str, str] = {}


class OAuth1(Strict):
    """What OAuth 1.0a signs with (RFC 5849); all but the method are templates over the fields.

    Attributes:
        realm: stands in the header, such as NetSuite's account ID in capitals; empty for none.
    """

    consumer_key: str = "{consumer_key}"
    consumer_secret: str = "{consumer_secret}"  # noqa: S105 - a template
    token: str = "{token}"  # noqa: S105 - a template
    token_secret: str = "{token_secret}"  # noqa: S105 - a template
    realm: str = ""
    signature_method: Literal["HMAC-SHA256", "HMAC-SHA1"] = "HMAC-SHA256"


class Scheme(Sourced):
    """One way to sign in.

    Attributes:
        fields: what a person fills in, in order.
        send: where an `api_key` scheme puts its credentials.
        username, password: templates of a `basic` scheme.
        signing: what an `aws_sigv4` scheme signs for.
        oauth1: what an `oauth1` scheme signs with.
        oauth2: how an `oauth2` scheme gets its tokens; its `send` is a bearer token by default.
        webhook: how a `webhook` scheme knows who sends; it makes no calls.
    """

    key: Key
    label: Line
    help: str = ""
    fields: list[Field] = []
    send: list[Placement] = []
    username: str = "{username}"
    password: str = "{password}"  # noqa: S105 - a template
    signing: Signing | None = None
    oauth1: OAuth1 | None = None
    oauth2: OAuth2 | None = None
    webhook: Webhook | None = None
    verification: Verification | None = None

    @cached_property
    def kind(self) -> str:
        """The kind of scheme, read from its key."""
        return next((kind for kind in KINDS if is_of_kind(self.key, kind)), "")

    @property
    def is_grant(self) -> bool:
        """Whether a person authorized it, so that a refusal asks for them again."""
        return self.oauth2 is not None and self.oauth2.is_authorized_by_person

    @property
    def has_tokens(self) -> bool:
        """Whether it signs in with tokens that a service gives and renews."""
        return self.oauth2 is not None

    @property
    def is_inbound(self) -> bool:
        """Whether the service calls us: there are deliveries, and no calls."""
        return self.webhook is not None

    @cached_property
    def secret_keys(self) -> frozenset[str]:
        """The keys of the values that are secret: fields, and tokens where there are any."""
        secret = frozenset(field.key for field in self.fields if field.secret)
        return secret | TOKENS if self.has_tokens else secret

    @cached_property
    def told_keys(self) -> frozenset[str]:
        """The keys of what the service tells besides the tokens: captured or discovered."""
        return frozenset(self.oauth2.told_kinds) if self.oauth2 else frozenset()

    @cached_property
    def path_prefix(self) -> str:
        """The template of what stands before the path of each request; empty for nothing."""
        return "".join(place.path for place in self.send)

    def at(self, values: Mapping[str, str]) -> Self:
        """Give the scheme as it is at the service URL that the values choose."""
        placed = self.oauth2.at(values.get("service_url", "")) if self.oauth2 else None
        return self if placed is self.oauth2 else self.model_copy(update={"oauth2": placed})

    def field(self, key: str) -> Field | None:
        """Find a field by its key."""
        return next((field for field in self.fields if field.key == key), None)

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if not self.kind:
            raise ValueError(f"a scheme's key begins with one of: {', '.join(KINDS)}")
        _refuse_repeated([field.key for field in self.fields])
        if self.kind == "api_key" and not self.send:
            raise ValueError("say in send where the key goes")
        if sum(bool(place.path) for place in self.send) > 1:
            raise ValueError("only one credential can stand before the path; put both into one")
        if self.kind == "aws_sigv4" and self.signing is None:
            raise ValueError("say in signing which service and region are signed for")
        if (self.kind == "oauth1") != (self.oauth1 is not None):
            raise ValueError("oauth1 is for schemes of the kind oauth1, and only for them")
        if (self.kind == "oauth2") != self.has_tokens:
            raise ValueError("oauth2 is for schemes of the kind oauth2, and only for them")
        return self

    @model_validator(mode="after")
    def _is_sound_inbound(self) -> Self:
        if (self.kind == "webhook") != self.is_inbound:
            raise ValueError("webhook is for schemes of the kind webhook, and only for them")
        if not self.is_inbound:
            return self
        if self.send or self.verification:
            raise ValueError("a webhook receives; it has neither send nor verification")
        field = self.field(SECRET_FIELD)
        if field is None or not field.secret or field.required:
            raise ValueError(
                f"a webhook has the field {SECRET_FIELD}: secret, and not required, since the"
                " address comes first"
            )
        if any(field.endpoint for field in self.fields):
            raise ValueError("a webhook's secret goes nowhere; take endpoint out")
        return self


def is_of_kind(key: str, kind: str) -> bool:
    """Say whether a scheme's key names this kind, alone or with words added."""
    return key == kind or key.startswith(f"{kind}_")


def _refuse_repeated(keys: list[str]) -> None:
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"the field {key} is there twice")
