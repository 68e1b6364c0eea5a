"""What a connector file says: the contract, strict, with no I/O but the reading of files."""

from __future__ import annotations

from connectors.manifest.answer import AnswerRule, Condition
from connectors.manifest.connector import (
    CATEGORIES,
    Connector,
    Icon,
    Link,
    Monogram,
    RateLimit,
    ServiceUrl,
)
from connectors.manifest.field import Choice, Field, WrongKind
from connectors.manifest.oauth2 import OAuth2
from connectors.manifest.request import HttpRequest, Paging, RequestBody
from connectors.manifest.scheme import KINDS, OAuth1, Placement, Scheme, Signing
from connectors.manifest.tokens import (
    Assertion,
    Captured,
    Discovery,
    Preset,
    Revocation,
    Scope,
    TokenAnswer,
)
from connectors.manifest.tool import Deprecation, Example, Tool
from connectors.manifest.verification import Environment, Identity, Scopes, Verification
from connectors.manifest.webhook import Webhook

__all__ = [
    "CATEGORIES",
    "KINDS",
    "AnswerRule",
    "Assertion",
    "Captured",
    "Choice",
    "Condition",
    "Connector",
    "Deprecation",
    "Discovery",
    "Environment",
    "Example",
    "Field",
    "HttpRequest",
    "Icon",
    "Identity",
    "Link",
    "Monogram",
    "OAuth1",
    "OAuth2",
    "Paging",
    "Placement",
    "Preset",
    "RateLimit",
    "RequestBody",
    "Revocation",
    "Scheme",
    "Scope",
    "Scopes",
    "ServiceUrl",
    "Signing",
    "TokenAnswer",
    "Tool",
    "Verification",
    "Webhook",
    "WrongKind",
]
