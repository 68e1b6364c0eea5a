"""Makes foreign values fit for a row: PostgreSQL takes no NUL, lone surrogate, NaN or Infinity."""

from __future__ import annotations

import math
import re
from typing import Any

MAX_DEPTH = 100
MOST_BITS = 13_000
"""Python writes integers of up to 4,300 digits as text; this is a little less."""

TOO_DEEP = "[nested too deeply]"
TOO_LONG = "[a number too long to write]"

_SURROGATE = re.compile(r"[\ud800-\udfff]")


def text(found: str) -> str:
    """Drop NUL, and put U+FFFD in the place of each lone surrogate."""
    return _SURROGATE.sub("\ufffd", found.replace("\0", ""))


def value(found: Any, *, depth: int = 0) -> Any:
    """Give a JSON-like value as PostgreSQL stores it: texts as above, null for NaN and Infinity.

    What JSON does not know becomes text, and so does what is nested deeper than `MAX_DEPTH`.
    """
    if isinstance(found, (dict, list, tuple)):
        return _inner(found, depth + 1) if depth < MAX_DEPTH else TOO_DEEP
    if found is None or isinstance(found, bool):
        return found
    if isinstance(found, float):
        return found if math.isfinite(found) else None
    if isinstance(found, int):
        return found if found.bit_length() <= MOST_BITS else TOO_LONG
    return text(str(found))


def _inner(found: dict[Any, Any] | list[Any] | tuple[Any, ...], depth: int) -> Any:
    if isinstance(found, dict):
        return {text(str(key)): value(item, depth=depth) for key, item in found.items()}
    return [value(item, depth=depth) for item in found]
