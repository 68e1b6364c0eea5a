"""GitHub's signature: `X-Hub-Signature-256: sha256=<hex>` over the body; that in SHA-1 is ignored.

Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.signatures import claims

if TYPE_CHECKING:
    from collections.abc import Mapping

ID_MEMBER = ""
SAMPLE: Mapping[str, object] = {
    "zen": "This is a test delivery from Spojit.",
    "hook_id": 1,
    "hook": {"type": "Test"},
}

_HEADER = "X-Hub-Signature-256"
_EVENT = "X-GitHub-Event"
_ID = "X-GitHub-Delivery"
_PREFIX = "sha256="


def read(delivery: claims.Delivery) -> claims.Claim:
    """Read what a delivery claims; no moment is signed."""
    given = claims.signatures(delivery.header(_HEADER).split(","), prefix=_PREFIX)
    right = claims.hexadecimal(claims.digest(delivery.key, delivery.body))
    return claims.Claim(given, (right,), (delivery.body,))


def identify(delivery: claims.Delivery) -> claims.Named:
    """Name it by GitHub's GUID, which a redelivery has, too; it is not signed."""
    return claims.named(delivery.header(_ID))


def sign(draft: claims.Draft) -> dict[str, str]:
    """Sign a body."""
    signature = claims.digest(draft.key, draft.body).hex()
    return {_HEADER: f"{_PREFIX}{signature}", _EVENT: "ping", _ID: draft.delivery_id}


def deduplicates_by(_values: Mapping[str, str]) -> str:
    """Say by what repeated deliveries are known."""
    return "By the header X-GitHub-Delivery, for seven days."
