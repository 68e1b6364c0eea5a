"""Headers of a delivery as they are kept: what may be a credential is masked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connections.inbound.secrets import FIELD
from spojit.lib import storable
from spojit.lib.redaction import MASK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_HEADERS = 64
LONGEST_NAME = 100
LONGEST_VALUE = 500

_SECRET = re.compile(r"auth|cookie|token|secret|password|passwd|api-?key|credential|session")
_SIGNATURE = re.compile(r"signature|hmac|digest")
_SHOWN_OF_SIGNATURE = 8
_HARMLESS = frozenset(
    {"accept", "accept-encoding", "content-encoding", "content-length", "content-type", "host"}
    | {"user-agent"}
)
"""What tells no secret of any service, whatever a connection's settings are."""


Shown = list[list[str]]
"""Pairs of a name and what is kept of its value."""


def shown(headers: Mapping[str, str], versions: Sequence[Mapping[str, str]] = ()) -> Shown:
    """Give names and values for a row: credentials masked, signatures by their beginning only.

    Args:
        headers: by name, in lower case.
        versions: the opened values of the live versions; the header that they name for a shared
            token or a signature is masked, whatever it holds, and a secret in any other.
    """
    own = {values.get("header", "").lower() for values in versions}
    secrets = [secret for values in versions if (secret := values.get(FIELD, "").strip())]
    return [
        [storable.text(name)[:LONGEST_NAME], _value(name, value, own, secrets)]
        for name, value in _first(headers)
    ]


def shown_unopened(headers: Mapping[str, str]) -> Shown:
    """Give names and values where no version was opened: who knows what is a shared token there?"""
    return [
        [storable.text(name)[:LONGEST_NAME], storable.text(value)[:LONGEST_VALUE]]
        if name in _HARMLESS
        else [storable.text(name)[:LONGEST_NAME], MASK]
        for name, value in _first(headers)
    ]


def _first(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return list(headers.items())[:MOST_HEADERS]


def _value(name: str, value: str, own: set[str], secrets: Sequence[str]) -> str:
    if name in own or _SECRET.search(name):
        return MASK
    text = storable.text(value)
    for secret in secrets:
        text = text.replace(secret, MASK)
    if _SIGNATURE.search(name) and len(text) > _SHOWN_OF_SIGNATURE:
        return f"{text[:_SHOWN_OF_SIGNATURE]}…"
    return text[:LONGEST_VALUE]
