"""What is found of a delivery, and the words for each way in which it can be refused."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a delivery comes from whom it should, and what it says of itself.

    Attributes:
        reason: `ok`, or a key of `REASONS`.
        delivery_id: the sender's own ID, printable and at most 200 characters; of a refused
            delivery it is what anybody may have written.
        key: hex SHA-256 that repeated deliveries share; empty when there is nothing to tell by.
        key_seconds: for how long the key is to be remembered.
        matched: the index of the secret that fitted.
        challenge: what Slack wants echoed; only when it is signed.
    """

    accepted: bool
    reason: str
    delivery_id: str = ""
    key: str = ""
    key_seconds: int = 0
    matched: int | None = None
    signed_at: datetime | None = None
    challenge: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a delivery was refused, and what to do about it; both are sentences for people."""

    sentence: str
    hint: str


_TEXTS = {
    "no_secret": (
        "This connection has no signing secret, so nothing can be accepted.",
        "Enter the secret that the service signs with.",
    ),
    "signature_missing": (
        "The delivery was not signed.",
        "See whether a secret is set in the service, and whether this is its kind of signature.",
    ),
    "signature_malformed": (
        "The signature is not written as this service writes it.",
        "See whether the right kind of webhook was chosen here, and the right header.",
    ),
    "signature_wrong": (
        "The signature does not fit: the secret differs, or the delivery was changed on its way.",
        "Copy the secret anew, so that it is the same here and in the service.",
    ),
    "timestamp_missing": (
        "The delivery does not say when it was signed.",
        "See whether the service sends the header with the time, and what its name is.",
    ),
    "timestamp_malformed": (
        "The time at which the delivery was signed cannot be read.",
        "The service has to send it in seconds since 1970.",
    ),
    "timestamp_old": (
        "The delivery was signed more than five minutes ago.",
        "Have the service sign anew when it sends again, and set the sender's clock right.",
    ),
    "timestamp_ahead": (
        "The delivery was signed more than five minutes in the future.",
        "Set the sender's clock right.",
    ),
    "secret_unusable": (
        "The signing secret kept here cannot be one of this kind.",
        "Copy the whole secret from the service, and enter it anew.",
    ),
}

REASONS: Mapping[str, Reason] = MappingProxyType(
    {code: Reason(sentence, hint) for code, (sentence, hint) in _TEXTS.items()}
)
"""Every way to be refused that a signature knows."""
