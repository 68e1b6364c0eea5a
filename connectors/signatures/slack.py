"""Slack's signature: `X-Slack-Signature: v0=<hex HMAC-SHA256 of "v0:timestamp:body">`.

Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.signatures import claims, documents

if TYPE_CHECKING:
    from collections.abc import Mapping

ID_MEMBER = "event_id"
SAMPLE: Mapping[str, object] = {
    "type": "event_callback",
    "event": {"type": "spojit_test", "text": "This is a test delivery from Spojit."},
}

_HEADER = "X-Slack-Signature"
_MOMENT = "X-Slack-Request-Timestamp"
_PREFIX = "v0="


def read(delivery: claims.Delivery) -> claims.Claim:
    """Read what a delivery claims."""
    given = claims.signatures(delivery.header(_HEADER).split(","), prefix=_PREFIX)
    stamp = delivery.header(_MOMENT)
    signed_at = claims.moment(stamp)
    content = (_before_body(stamp), delivery.body)
    right = claims.hexadecimal(claims.digest(delivery.key, *content))
    return claims.Claim(given, (right,), content, signed_at)


def identify(delivery: claims.Delivery) -> claims.Named:
    """Name it by the event's ID; commands and buttons have none.

    Slack sends a challenge to prove who answers:
    https://docs.slack.dev/reference/events/url_verification
    """
    document = documents.read(delivery.body)
    if documents.text(document, "type") == "url_verification":
        return claims.Named(challenge=documents.text(document, "challenge") or None)
    return claims.named(documents.text(document, ID_MEMBER))


def sign(draft: claims.Draft) -> dict[str, str]:
    """Sign a body."""
    stamp = draft.seconds
    signature = claims.digest(draft.key, _before_body(stamp), draft.body).hex()
    return {_HEADER: f"{_PREFIX}{signature}", _MOMENT: stamp}


def deduplicates_by(_values: Mapping[str, str]) -> str:
    """Say by what repeated deliveries are known."""
    return (
        "By event_id in the body, for seven days; a command or a button has none and is known by "
        "its signature, for ten minutes."
    )


def _before_body(stamp: str) -> bytes:
    return f"v0:{stamp}:".encode()
