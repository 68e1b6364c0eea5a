"""Reads XML into plain values, without entities, external references or document types."""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

MAX_DEPTH = 100


class BadXml(ValueError):
    """The text is not XML, or holds what is not read here."""


class _Reader:
    """Collects elements as dictionaries; repeated ones become lists, leaves become texts."""

    def __init__(self) -> None:
        self.stack: list[tuple[str, dict[str, Any], list[str]]] = []
        self.root: dict[str, Any] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise BadXml("it is nested too deeply")
        members: dict[str, Any] = {
            f"@{key}": value for key, value in attributes.items() if not key.startswith("xmlns")
        }
        self.stack.append((name.rpartition(":")[2], members, []))

    def end(self, _name: str) -> None:
        name, members, texts = self.stack.pop()
        text = "".join(texts).strip()
        value: Any = members or text
        if members and text:
            value["#text"] = text
        _add(self.stack[-1][1] if self.stack else self.root, name, value)

    def characters(self, text: str) -> None:
        if self.stack:
            self.stack[-1][2].append(text)


def read(data: bytes | str) -> dict[str, Any]:
    """Read a document into `{root: {child: …}}`; attributes are named `@name`. Raises: BadXml."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(data, True)  # noqa: FBT003 - the parser's own "this is all"
    except BadXml:
        raise
    except (expat.ExpatError, LookupError, ValueError):  # also an encoding that nobody knows
        raise BadXml("it is not well-formed") from None
    return reader.root


def _add(parent: dict[str, Any], name: str, value: Any) -> None:
    if name not in parent:
        parent[name] = value
    elif isinstance(parent[name], list):
        parent[name].append(value)
    else:
        parent[name] = [parent[name], value]


def _refuse_doctype(*_: Any) -> None:
    raise BadXml("document types are not read")
