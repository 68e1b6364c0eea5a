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
from connectors.manifest.request import HttpRequest, Paging, RequestBody
from connectors.manifest.scheme import KINDS, Placement, Scheme, Signing
from connectors.manifest.tool import Deprecation, Example, Tool
from connectors.manifest.verification import Environment, Identity, Scopes, Verification

__all__ = [
    "CATEGORIES",
    "KINDS",
    "AnswerRule",
    "Choice",
    "Condition",
    "Connector",
    "Deprecation",
    "Environment",
    "Example",
    "Field",
    "HttpRequest",
    "Icon",
    "Identity",
    "Link",
    "Monogram",
    "Paging",
    "Placement",
    "RateLimit",
    "RequestBody",
    "Scheme",
    "Scopes",
    "ServiceUrl",
    "Signing",
    "Tool",
    "Verification",
    "WrongKind",
]
