"""Writes XML of plain values, the way `connectors.xml_values` reads it."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from connectors.catalogue import _json
from connectors.encoding import InvalidArguments, scalar

MAX_LENGTH = 2_000_000
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

_NAME = re.compile(r"[^\W\d][\w.-]*(?::[^\W\d][\w.-]*)?")


def write(value: dict[str, Any], *, indent: int, declaration: bool) -> str:
    """Write a root element. Raises: InvalidArguments for what XML cannot say."""
    _json.require_depth(value)
    name, content = next(iter(value.items()))
    if isinstance(content, list):
        raise InvalidArguments("A document has one root element.")
    pieces: list[str] = []
    size = 0
    for piece in _element(name, content, "\n" if indent else "", " " * indent):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_LENGTH:
            raise InvalidArguments("The result would be too long.")
    text = "".join(pieces).removeprefix("\n")
    return f"{DECLARATION}\n{text}" if declaration else text


def _element(name: str, content: Any, line: str, step: str) -> Iterator[str]:
    """Write an element; `line` is a line break with the indentation, or empty for none."""
    members = content if isinstance(content, dict) else {"#text": content}
    yield f"{line}<{_named(name)}"
    for key, value in members.items():
        if key.startswith("@"):
            yield f" {_named(key[1:])}={quoteattr(_text(value))}"
    text = _text(members.get("#text"))
    children = [(key, value) for key, value in members.items() if key[:1] not in {"@", "#"}]
    if not text and not children:
        yield "/>"
        return
    yield f">{escape(text)}"
    for key, value in children:
        for item in value if isinstance(value, list) else [value]:
            yield from _element(key, item, line and line + step, step)
    yield f"{line if children else ''}</{name}>"


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InvalidArguments(f"XML has no name {name[:60]!r}.")
    return name


def _text(value: Any) -> str:
    text = "" if value is None else scalar(value)
    if _impossible().search(text):
        raise InvalidArguments("A value holds a character that XML cannot.")
    return text


@lru_cache(maxsize=1)
def _impossible() -> re.Pattern[str]:
    """Give what finds characters that no document can hold (XML 1.0, section 2.2)."""
    return re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # takes 30 ms
