"""Why a delivery was refused, in words: what the signatures say, and what the endpoint adds."""

from __future__ import annotations

from connectors.signatures import REASONS, Reason

_OF_THE_ENDPOINT = {
    "body_too_large": Reason(
        "The body is larger than this installation takes.",
        "Have the service send less at once; whoever runs this installation can raise the limit.",
    ),
    "challenge": Reason(
        "The service asked whether the URL answers, and it was told so.",
        "Nothing is started by it.",
    ),
    "connector_disabled": Reason(
        "This connector is switched off or no longer there.",
        "Ask whoever runs this installation.",
    ),
    "credential_unreadable": Reason(
        "The secret kept here could not be opened, so nothing could be checked.",
        "Enter it again. Whoever runs this installation should check the root key.",
    ),
    "rate_limited": Reason(
        "Too many deliveries came within a minute.",
        "The service was told to wait and usually sends again by itself.",
    ),
}


def of(reason: str) -> Reason | None:
    """Return the words for a reason; None where there is nothing to say."""
    return REASONS.get(reason) or _OF_THE_ENDPOINT.get(reason)
