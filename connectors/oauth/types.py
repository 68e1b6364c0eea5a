"""What goes into and comes out of conversations about tokens; no `repr` shows a secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from connectors import keys
from spojit.lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.manifest import Connector, OAuth2, Scheme
    from connectors.outcomes import Outcome


@dataclass(frozen=True)
class App:
    """An OAuth app as its service knows it."""

    client_id: str
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Tokens:
    """What the service gave.

    Attributes:
        refresh_token: the one to keep: the new one, else the one that was sent.
        expires_in: seconds from the answer on, at most ten years: as the answer says, else the
            token itself (a JWT's `exp`), else the connector; None when nobody says.
        refresh_expires_in: seconds until the refresh token dies, when the answer says so.
        scopes: what was granted; None when the answer does not say.
        captured: everything that was captured or discovered so far, by key.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_in: float | None = None
    refresh_expires_in: float | None = None
    scopes: list[str] | None = field(default=None, repr=False)
    captured: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Answered:
    """What asking for tokens came to.

    Attributes:
        error: the service's own code for it, lower case, of letters, digits and `_.-`; or empty.
        is_in_doubt: it was sent and no whole answer came: the service may have carried it out.
    """

    outcome: Outcome
    tokens: Tokens | None = None
    error: str = ""
    is_in_doubt: bool = False


@dataclass(frozen=True)
class Returned:
    """What a person came back with.

    Attributes:
        captured: values of the callback's query that the connector keeps, by key.
    """

    code: str = field(repr=False)
    captured: dict[str, str] = field(default_factory=dict, repr=False)


class ReturnRefused(Refused):
    """What came back from the service cannot be accepted."""

    code = "return_refused"
    message = "The service sent you back without an authorization. Connect again."


class AuthorizationRefused(ReturnRefused):
    """The service, or the person there, said no.

    Attributes:
        error: the code that it gave (RFC 6749 section 4.1.2.1), or empty.
    """

    code: ClassVar[str] = "authorization_refused"

    def __init__(self, error: str) -> None:
        """Take the code, whose sentence becomes the message."""
        self.error = error
        super().__init__(_SENTENCES.get(error, "The service did not authorize the connection."))


class WrongIssuer(ReturnRefused):
    """The answer is from another authorization server than was asked (RFC 9207)."""

    code = "wrong_issuer"
    message = "The answer came from another service than was asked. Nothing was connected."


class NoCode(ReturnRefused):
    """The query holds no code, or one that cannot be one."""

    code = "no_code"


class BadCapture(ReturnRefused):
    """A value that the service told is missing, or is not what the connector allows."""

    code = "bad_capture"
    message = "The service named an account or address that this connector does not know."


class BadAssertion(Refused):
    """The stored private key cannot sign what the connector declares."""

    code = "bad_assertion"
    message = "The private key cannot be used."


_SENTENCES = {
    "access_denied": "The authorization was declined at the service.",
    "invalid_scope": "The service does not give one of the scopes that were asked for.",
    "invalid_request": "The service did not understand the request; the OAuth app may be wrong.",
    "unauthorized_client": "The service does not let this OAuth app ask for authorization.",
    "unsupported_response_type": "The service does not let this OAuth app ask for authorization.",
    "server_error": "The service has a fault of its own. Connect again in a while.",
    "temporarily_unavailable": "The service is busy. Connect again in a while.",
    "login_required": "The service wants you to sign in there first. Connect again.",
    "consent_required": "The service wants a consent that was not given. Connect again.",
    "interaction_required": "The service wants you to answer something first. Connect again.",
}


@dataclass(frozen=True)
class Client:
    """Who asks for tokens: an app (or the scheme's own fields), with one connection's values."""

    connector: Connector
    scheme: Scheme
    values: Mapping[str, str] = field(repr=False)
    kept: App | None

    @classmethod
    def of(
        cls, connector: Connector, scheme: Scheme, values: Mapping[str, str], app: App | None
    ) -> Client:
        """Make the client as it is at the chosen service URL."""
        return cls(connector, scheme.at(values), values, app)

    @property
    def oauth2(self) -> OAuth2:
        """How the scheme gets its tokens."""
        assert self.scheme.oauth2 is not None
        return self.scheme.oauth2

    @cached_property
    def app(self) -> App:
        """The app kept apart, or what the fields or the pasted JSON key say.

        Raises:
            keys.BadKey: the stored document cannot be read.
        """
        if self.oauth2.client == "app" and self.kept is not None:
            return self.kept
        known = keys.declared(self.scheme, self.values) | dict(self.values)
        return App(known.get("client_id", ""), known.get("client_secret", ""))

    @cached_property
    def named(self) -> dict[str, str]:
        """What templates of requests to the token endpoint may name: secrets, too."""
        members = keys.members(self.scheme, self.values)
        return members | dict(self.values) | {"client_id": self.app.client_id}

    @cached_property
    def shown(self) -> dict[str, str]:
        """What may stand where people and logs see it: in addresses."""
        hidden = self.scheme.secret_keys
        kept = {key: value for key, value in self.values.items() if key not in hidden}
        return kept | {"client_id": self.app.client_id}
