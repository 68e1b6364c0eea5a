"""A header that holds a moment and signatures: `t=<seconds>,v1=<hex HMAC-SHA256 of "t.body">`."""

from __future__ import annotations

from connectors.signatures import claims

_SIGNATURE = "v1="
_MOMENT = "t="


def read(delivery: claims.Delivery, name: str) -> claims.Claim:
    """Read the header of that name; several `v1` are tried, and what else is in it is ignored.

    Raises:
        claims.Unreadable: it is not written so.
    """
    parts = [part.strip(claims.SPACE) for part in delivery.header(name).split(",")]
    given = claims.signatures(parts, prefix=_SIGNATURE)
    stamp = claims.only(part.removeprefix(_MOMENT) for part in parts if part.startswith(_MOMENT))
    signed_at = claims.moment(stamp)
    content = (f"{stamp}.".encode(), delivery.body)
    right = claims.hexadecimal(claims.digest(delivery.key, *content))
    return claims.Claim(given, (right,), content, signed_at)


def write(draft: claims.Draft) -> str:
    """Write such a header."""
    stamp = draft.seconds
    signature = claims.digest(draft.key, f"{stamp}.".encode(), draft.body)
    return f"{_MOMENT}{stamp},{_SIGNATURE}{signature.hex()}"
