"""A JSON Schema as a flat list that people can read. Pure; knows nothing of connectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 3
_TYPE_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "object": "object",
    "array": "list",
    "null": "nothing",
}


@dataclass(frozen=True, slots=True)
class Property:
    """One line of an outline. `depth` is 0 at the top; `choices` are shown as they are written."""

    name: str
    type: str
    description: str
    depth: int
    is_required: bool
    choices: list[str]
    default: str


def outline(schema: Mapping[str, Any], *, depth: int = 0) -> list[Property]:
    """List the properties of an object schema, each followed by its own, three levels deep."""
    return list(_properties(schema, depth))


def _properties(schema: Mapping[str, Any], depth: int) -> Iterator[Property]:
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        if not isinstance(inner, Mapping):
            continue
        yield _line(name, inner, depth=depth, is_required=name in required)
        if depth < MAX_DEPTH:
            yield from _properties(_nested(inner), depth + 1)


def _line(name: str, schema: Mapping[str, Any], *, depth: int, is_required: bool) -> Property:
    return Property(
        name=name,
        type=_type(schema),
        description=str(schema.get("description") or schema.get("title") or ""),
        depth=depth,
        is_required=is_required,
        choices=[str(choice) for choice in schema.get("enum", ())],
        default="" if schema.get("default") is None else str(schema["default"]),
    )


def _nested(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    items = schema.get("items")
    return items if isinstance(items, Mapping) else schema


def _type(schema: Mapping[str, Any]) -> str:
    kinds = schema.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    words = " or ".join(_TYPE_WORDS.get(kind, str(kind)) for kind in kinds if kind != "null")
    items = schema.get("items")
    if kinds == ["array"] and isinstance(items, Mapping):
        return f"list of {_type(items)}"
    return f"{words} ({schema['format']})" if schema.get("format") else words or "any"
