"""OAuth 2 without a tenant: what is asked of a service and what it answers, as schemes declare.

Authlib makes the protocol's texts, joserfc signs, `spojit.lib.outbound` is the way out. Nothing
here stores, logs or raises for what a service answers: it comes back as a named outcome.
"""

from connectors.oauth.asking import asked_scopes
from connectors.oauth.authorizing import authorize_url, read_return
from connectors.oauth.getting import exchange, mint, renew, token_place
from connectors.oauth.lifetimes import expiry_of
from connectors.oauth.revoking import revoke
from connectors.oauth.types import (
    Answered,
    App,
    AuthorizationRefused,
    BadCapture,
    NoCode,
    Returned,
    ReturnRefused,
    Tokens,
    WrongIssuer,
)

__all__ = [
    "Answered",
    "App",
    "AuthorizationRefused",
    "BadCapture",
    "NoCode",
    "ReturnRefused",
    "Returned",
    "Tokens",
    "WrongIssuer",
    "asked_scopes",
    "authorize_url",
    "exchange",
    "expiry_of",
    "mint",
    "read_return",
    "renew",
    "revoke",
    "token_place",
]
