"""Reads the words of HTML in one pass, without a tree that a deep or broken page could break."""

import html
import re

from connectors.encoding import InvalidArguments

_TAG = re.compile(r"<[^<>]*>")
_HIDDEN = (("<!--", "-->"), ("<script", "</script"), ("<style", "</style"))
"""How what nobody reads begins and ends."""


def words(text: str) -> str:
    """Give what people would read. Raises: InvalidArguments."""
    for start, end in _HIDDEN:
        text = _without(text, start, end)
    try:
        plain = html.unescape(_TAG.sub(" ", text))
    except ValueError:  # a character's number with thousands of digits
        raise InvalidArguments("The text is not HTML that can be read.") from None
    return " ".join(plain.split())


def _without(text: str, begins: str, ends: str) -> str:
    """Take out an element with all that is in it; one that does not end goes to the end."""
    low = text.lower()
    text = text if len(low) == len(text) else low  # a small form may be longer: İ
    kept, at = [], 0
    while (start := low.find(begins, at)) >= 0:
        kept.append(text[at:start])
        end = low.find(ends, start)
        close = low.find(">", end) if end >= 0 else -1
        if close < 0:
            return "".join(kept)
        at = close + 1
    return "".join([*kept, text[at:]])
