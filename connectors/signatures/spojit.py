"""Our own signature: `X-Signature: t=<seconds>,v1=<hex HMAC-SHA256 of "t.body">`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.signatures import claims, stamped

if TYPE_CHECKING:
    from collections.abc import Mapping

ID_MEMBER = ""
SAMPLE: Mapping[str, object] = {"type": "test", "message": "This is a test delivery from Spojit."}

_HEADER = "X-Signature"
_ID = "X-Delivery-Id"


def read(delivery: claims.Delivery) -> claims.Claim:
    """Read what a delivery claims."""
    return stamped.read(delivery, _HEADER)


def identify(delivery: claims.Delivery) -> claims.Named:
    """Name it by a header that the sender may leave out; it is not signed."""
    return claims.named(delivery.header(_ID))


def sign(draft: claims.Draft) -> dict[str, str]:
    """Sign a body."""
    return {_HEADER: stamped.write(draft), _ID: draft.delivery_id}


def deduplicates_by(_values: Mapping[str, str]) -> str:
    """Say by what repeated deliveries are known."""
    return (
        "By the header X-Delivery-Id, for seven days; a delivery without it by its signature, "
        "for ten minutes."
    )
