"""One good delivery of every kind of signature, and of each way in which Custom can be set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors import signatures

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

# Published by the standard for its tests.
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

TIMED = {
    "method": "timestamp_body",
    "header": "X-Sig",
    "prefix": "sha512=",
    "algorithm": "sha512",
    "encoding": "base64",
    "timestamp_header": "X-Time",
    "separator": ":",
}
PLAIN = {"method": "body", "header": "X-Sig", "algorithm": "sha1", "id_header": "X-Id"}
TOKEN = {"method": "token", "header": "Authorization", "prefix": "Bearer"}

_SETTINGS: Mapping[str, Mapping[str, str]] = {
    "custom": PLAIN,
    "custom, timed": TIMED,
    "custom, token": TOKEN,
}
NAMES = (*(kind for kind in signatures.KINDS if kind != "custom"), *_SETTINGS)

SIGNED_HEADERS = {
    "spojit": ("X-Signature",),
    "standard_webhooks": ("webhook-id", "webhook-timestamp", "webhook-signature"),
    "shopify": ("X-Shopify-Hmac-Sha256",),
    "github": ("X-Hub-Signature-256",),
    "slack": ("X-Slack-Request-Timestamp", "X-Slack-Signature"),
    "stripe": ("Stripe-Signature",),
    "custom": ("X-Sig",),
    "custom, timed": ("X-Time", "X-Sig"),
    "custom, token": ("Authorization",),
}
"""The signatures, and what is signed besides the body."""

WITH_MOMENT = ("spojit", "standard_webhooks", "slack", "stripe", "custom, timed")


@dataclass(frozen=True)
class Case:
    """A delivery with the values that it is good for."""

    kind: str
    values: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def check(self, *, now: datetime = NOW) -> signatures.Verdict:
        """Check it against its own secret."""
        return signatures.check(
            self.kind, [self.values], headers=self.headers, body=self.body, now=now
        )

    def with_header(self, name: str, text: str) -> Case:
        """Give the same delivery with another header."""
        return replace(self, headers={**self.headers, name: text})

    def with_body(self, body: bytes) -> Case:
        """Give the same headers with another body."""
        return replace(self, body=body)


def secret(name: str) -> dict[str, str]:
    """Give values of a kind, with a secret that is always the same."""
    kind = name.partition(",")[0]
    told = STANDARD_SECRET if kind == "standard_webhooks" else "a-secret-that-nobody-guesses"
    return {**_SETTINGS.get(name, {}), "signing_secret": told}


def other_secret(name: str) -> dict[str, str]:
    """Give values of a kind with a new secret."""
    kind = name.partition(",")[0]
    return {**secret(name), "signing_secret": signatures.new_secret(kind)}


def case(name: str, *, body: bytes | None = None, delivery_id: str = "d-1") -> Case:
    """Make a good delivery."""
    kind, values = name.partition(",")[0], secret(name)
    sent = signatures.sample(kind, delivery_id=delivery_id) if body is None else body
    headers = signatures.sign(kind, values, body=sent, now=NOW, delivery_id=delivery_id)
    return Case(kind, values, headers, sent)
