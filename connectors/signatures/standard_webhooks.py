"""Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,<base64> …`.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from connectors.signatures import claims

if TYPE_CHECKING:
    from collections.abc import Mapping

ID_MEMBER = ""
SAMPLE: Mapping[str, object] = {
    "type": "test",
    "data": {"message": "This is a test delivery from Spojit."},
}

_SECRET = "whsec_"  # noqa: S105 - what every secret begins with
_VERSION = "v1,"
_NAMES = ("webhook", "svix")
"""Svix, where the standard comes from, may write its own name before the same three headers."""

_LIKE_A_MOMENT = re.compile(r".*\.[0-9]+", re.DOTALL)


def read(delivery: claims.Delivery) -> claims.Claim:
    """Read what a delivery claims; `v1a` and other versions are ignored."""
    given = claims.signatures(_header(delivery, "signature").split(" "), prefix=_VERSION)
    stamp = _header(delivery, "timestamp")
    signed_at = claims.moment(stamp)
    content = (_before_body(_header(delivery, "id"), stamp), delivery.body)
    right = claims.base64_of(claims.digest(_key(delivery.values), *content))
    return claims.Claim(given, (right,), content, signed_at)


def identify(delivery: claims.Delivery) -> claims.Named:
    """Name it by its ID, which is signed."""
    return claims.named(_header(delivery, "id"))


def sign(draft: claims.Draft) -> dict[str, str]:
    """Sign a body."""
    content = (_before_body(draft.delivery_id, draft.seconds), draft.body)
    signature = claims.base64_of(claims.digest(_key(draft.values), *content))
    return {
        "webhook-id": draft.delivery_id,
        "webhook-timestamp": draft.seconds,
        "webhook-signature": f"{_VERSION}{signature.decode()}",
    }


def deduplicates_by(_values: Mapping[str, str]) -> str:
    """Say by what repeated deliveries are known."""
    return "By the header webhook-id, for seven days."


def write(secret: bytes) -> str:
    """Write a secret as the specification wants it."""
    return _SECRET + base64.b64encode(secret).decode()


def _header(delivery: claims.Delivery, name: str) -> str:
    owner = next((owner for owner in _NAMES if f"{owner}-signature" in delivery.headers), "webhook")
    return delivery.header(f"{owner}-{name}")


def _before_body(delivery_id: str, stamp: str) -> bytes:
    """Give what is signed before the body.

    An ID that ends like a moment would let a body's beginning be taken for the moment; the
    specification says that an ID should have no full stop.

    Raises:
        claims.Unreadable: there is no ID, or it is such a one.
    """
    if not delivery_id or _LIKE_A_MOMENT.fullmatch(delivery_id):
        raise claims.Unreadable("signature_malformed")
    return claims.to_bytes(f"{delivery_id}.{stamp}.")


def _key(values: Mapping[str, str]) -> bytes:
    """Read the secret, with or without its beginning and its padding. Raises: claims.Unreadable."""
    secret = claims.secret_of(values).removeprefix(_SECRET).rstrip("=")
    padding = "=" * (-len(secret) % 4)
    try:
        key = base64.b64decode(claims.to_bytes(secret + padding), validate=True)
    except binascii.Error:
        raise claims.Unreadable("secret_unusable") from None
    if not key:
        raise claims.Unreadable("secret_unusable")
    return key
