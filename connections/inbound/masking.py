"""Headers of a delivery as they are kept: what may be a credential is masked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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


Shown = list[list[str]]
"""Pairs of a name and what is kept of its value."""


def shown(headers: Mapping[str, str], versions: Sequence[Mapping[str, str]] = ()) -> Shown:
    """Give names and values for a row: credentials masked, signatures by their beginning only.

    Args:
        headers: by name, in lower case.
        versions: the opened values of the live versions; the header that they name for a shared
            token or a signature is masked, whatever it holds.
    """
    own = {values.get("header", "").lower() for values in versions}
    pairs = list(headers.items())[:MOST_HEADERS]
    return [[storable.text(name)[:LONGEST_NAME], _value(name, value, own)] for name, value in pairs]


def _value(name: str, value: str, own: set[str]) -> str:
    if name in own or _SECRET.search(name):
        return MASK
    text = storable.text(value)
    if _SIGNATURE.search(name) and len(text) > _SHOWN_OF_SIGNATURE:
        return f"{text[:_SHOWN_OF_SIGNATURE]}…"
    return text[:LONGEST_VALUE]
