"""Shopify's signature: `X-Shopify-Hmac-Sha256`, base64 over the body.

Source: https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.signatures import claims

if TYPE_CHECKING:
    from collections.abc import Mapping

ID_MEMBER = ""
SAMPLE: Mapping[str, object] = {
    "id": 1,
    "note": "This is a test delivery from Spojit.",
    "test": True,
}

_HEADER = "X-Shopify-Hmac-Sha256"
_TOPIC = "X-Shopify-Topic"
_ID = "X-Shopify-Event-Id"
_OTHER_ID = "X-Shopify-Webhook-Id"


def read(delivery: claims.Delivery) -> claims.Claim:
    """Read what a delivery claims; no moment is signed."""
    given = claims.signatures(delivery.header(_HEADER).split(","))
    right = claims.base64_of(claims.digest(delivery.key, delivery.body))
    return claims.Claim(given, (right,), (delivery.body,))


def identify(delivery: claims.Delivery) -> claims.Named:
    """Name it by topic and event, for one event comes under several topics. Neither is signed.

    Source: https://shopify.dev/docs/apps/build/webhooks/ignore-duplicates; the newer page on
    verifying names the other ID, which stands in when there is no event.
    """
    own = delivery.header(_ID) or delivery.header(_OTHER_ID)
    return claims.named(delivery.header(_TOPIC), own)


def sign(draft: claims.Draft) -> dict[str, str]:
    """Sign a body."""
    signature = claims.base64_of(claims.digest(draft.key, draft.body))
    return {_HEADER: signature.decode(), _TOPIC: "spojit/test", _ID: draft.delivery_id}


def deduplicates_by(_values: Mapping[str, str]) -> str:
    """Say by what repeated deliveries are known."""
    return "By the headers X-Shopify-Topic and X-Shopify-Event-Id together, for seven days."
