"""The names that expressions of a step may use, and the paths into what stands under them. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors import registry
from connectors.manifest.connector import UnknownTool
from connectors.registry import UnknownConnector
from workflows.definition import settings as kinds
from workflows.definition.graph import TRIGGER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workflows.definition.graph import Graph, Node

DEEPEST = 5
MOST_KEYS = 40
MOST_PATHS = 60
LONGEST_SAMPLE = 60

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KINDS = {str: "text", bool: "yes or no", int: "number", float: "number", list: "list"}
_TYPES = {"string": "text", "boolean": "yes or no", "integer": "number", "array": "list"}
_ALWAYS = {
    "run": ("id", "trigger", "created_at"),
    "workflow": ("id", "name"),
}


@dataclass(frozen=True, slots=True)
class Name:
    """A name, and whose it is: of a step's output, of a loop's item, or of the run."""

    name: str
    node_id: str
    title: str
    is_item: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """One value under a name: `fetch.items[0].id`, what it is, and what it was, in short."""

    path: str
    kind: str
    sample: str = ""


def at(graph: Graph, node_id: str) -> list[Name]:
    """List the names at a node, the nearest step's first."""
    found = []
    for room in reversed(graph.rooms.get(node_id, ())):
        loop = graph.by_id[room.node_id]
        if isinstance(loop.settings, kinds.Loop):
            item = loop.settings.item
            found += [Name(item, loop.id, f"Item of {loop.name}", is_item=True)]
            found += [Name(f"{item}_index", loop.id, f"Round of {loop.name}", is_item=True)]
    earlier = graph.earlier.get(node_id, frozenset())
    nodes = [graph.by_id[one] for one in reversed(graph.order) if one in earlier]
    return [*found, *(Name(node.output, node.id, node.name) for node in nodes)]


def always() -> list[Path]:
    """List what stands under the names that are there at every step."""
    return [Path(f"{name}.{key}", "text") for name, keys in _ALWAYS.items() for key in keys]


def into(name: str, value: Any) -> list[Path]:
    """List the paths into a value, itself first."""
    return _some(_walk(name, value, 0))


def promised(name: str, node: Node) -> list[Path]:
    """List the paths that a node's schema speaks of, where nothing is known of its values yet."""
    return _some(_described(name, _schema(node), 0))


def _some(paths: Iterator[Path]) -> list[Path]:
    return [path for _, path in zip(range(MOST_PATHS), paths, strict=False)]


def _walk(path: str, value: Any, depth: int) -> Iterator[Path]:
    yield Path(
        path, _KINDS.get(type(value), "object" if value is not None else "nothing"), _short(value)
    )
    if depth >= DEEPEST:
        return
    if isinstance(value, dict):
        for key in list(value)[:MOST_KEYS]:
            yield from _walk(_under(path, key), value[key], depth + 1)
    elif isinstance(value, list) and value:
        yield from _walk(f"{path}[0]", value[0], depth + 1)


def _described(path: str, schema: Any, depth: int) -> Iterator[Path]:
    told = schema if isinstance(schema, dict) else {}
    kind = told.get("type", "")
    yield Path(path, _TYPES.get(kind, str(kind)) if isinstance(kind, str) else "")
    properties = told.get("properties")
    if depth < DEEPEST and isinstance(properties, dict):
        for key in list(properties)[:MOST_KEYS]:
            yield from _described(_under(path, key), properties[key], depth + 1)
    elif depth < DEEPEST and isinstance(told.get("items"), dict):
        yield from _described(f"{path}[0]", told["items"], depth + 1)


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if _WORD.fullmatch(key) else f"{path}[{json.dumps(key)}]"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ""
    if isinstance(value, list):
        return "empty" if not value else f"{len(value)} items" if len(value) > 1 else "1 item"
    text = value if isinstance(value, str) else json.dumps(value)
    text = " ".join(text[: LONGEST_SAMPLE * 2].split())
    return text if len(text) <= LONGEST_SAMPLE else f"{text[: LONGEST_SAMPLE - 1]}…"


def _schema(node: Node) -> Mapping[str, Any]:
    settings = node.settings
    if node.kind == TRIGGER and isinstance(settings, kinds.Trigger):
        start = settings.start
        return start.input if isinstance(start, kinds.Manual) else {}
    if isinstance(settings, kinds.Connector):
        try:
            return registry.get(settings.connector).tool(settings.tool).output
        except (UnknownConnector, UnknownTool):
            return {}
    if isinstance(settings, kinds.Transform):
        return {"type": "object", "properties": {key: {} for key in settings.values}}
    return {}
