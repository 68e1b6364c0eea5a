"""Stripe's signature: `Stripe-Signature: t=<seconds>,v1=<hex>`; `v0` and other schemes are ignored.

Source: https://docs.stripe.com/webhooks#verify-manually
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.signatures import claims, documents, stamped

if TYPE_CHECKING:
    from collections.abc import Mapping

ID_MEMBER = "id"
SAMPLE: Mapping[str, object] = {
    "object": "event",
    "type": "spojit.test",
    "livemode": False,
    "data": {"object": {"description": "This is a test delivery from Spojit."}},
}

_HEADER = "Stripe-Signature"


def read(delivery: claims.Delivery) -> claims.Claim:
    """Read what a delivery claims; the secret signs as it is written, `whsec_` included."""
    return stamped.read(delivery, _HEADER)


def identify(delivery: claims.Delivery) -> claims.Named:
    """Name it by the event's ID, the same however often Stripe sends it."""
    return claims.named(documents.text(documents.read(delivery.body), ID_MEMBER))


def sign(draft: claims.Draft) -> dict[str, str]:
    """Sign a body."""
    return {_HEADER: stamped.write(draft)}


def deduplicates_by(_values: Mapping[str, str]) -> str:
    """Say by what repeated deliveries are known."""
    return "By the event's id in the body, for seven days."
