"""JSON-like values as people type them: `42` is a number, `{{ step.id }}` a text. Pure.

What `show` writes, `read` reads back as the same value.
"""

from __future__ import annotations

import json
from typing import Any

from workflows import templating

_QUOTED = ("{", "[", '"')


class NotJson(ValueError):
    """It begins as JSON does and is none."""


def show(value: Any) -> str:
    """Write a value; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, str) and value.strip() and _reads_as(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False, indent=2)


def read(text: str) -> Any:
    """Read what was typed; None for nothing. Raises: NotJson."""
    text = lines(text)
    if not text.strip():
        return None
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        if text.lstrip().startswith(_QUOTED) and not templating.has_expression(text):
            raise NotJson from None
        return text


def lines(text: str) -> str:
    """End lines as we store them: forms send them as the mail of old did."""
    return text.replace("\r\n", "\n")


def _reads_as(text: str) -> Any:
    try:
        return read(text)
    except NotJson:
        return None


def _refuse(word: str) -> Any:
    """Leave NaN and the infinities to be texts: JSON has none."""
    raise ValueError(word)
