"""What changed between two definitions: nodes, their fields, wires. Pure; nothing need be sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ABSENT: Any = object()
"""Stands for a field that one side does not have."""

_OWN = ("id", "kind", "name", "settings")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a node that differs, by its path (`arguments.path`, `to[0]`)."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Node:
    """A node of either side.

    Attributes:
        change: `added`, `removed`, `changed` or `same`.
        name, kind: as after, or as before where it was removed.
        fields: what differs; of an added or removed node all that it has.
    """

    id: str
    name: str
    kind: str
    change: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Wire:
    """A wire between two nodes, told by their names."""

    from_: str
    output: str
    to: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences; nodes in the order of the later definition, the removed ones last."""

    nodes: tuple[Node, ...]
    wires_added: tuple[Wire, ...]
    wires_removed: tuple[Wire, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        is_moved = self.wires_added or self.wires_removed
        return not is_moved and all(node.change == "same" for node in self.nodes)

    def count(self, change: str) -> int:
        """Count the nodes of one change."""
        return sum(1 for node in self.nodes if node.change == change)


def compare(before: Any, after: Any) -> Comparison:
    """Compare two definitions, JSON-like and perhaps broken."""
    old, new = _nodes(before), _nodes(after)
    nodes = [_node(node_id, old.get(node_id), found) for node_id, found in new.items()]
    nodes += [_node(node_id, found, None) for node_id, found in old.items() if node_id not in new]
    names = {node.id: node.name for node in nodes}
    was, is_ = _wires(before), _wires(after)
    return Comparison(
        nodes=tuple(nodes),
        wires_added=tuple(_told(wire, names) for wire in is_ if wire not in was),
        wires_removed=tuple(_told(wire, names) for wire in was if wire not in is_),
    )


def _nodes(definition: Any) -> dict[str, Mapping[str, Any]]:
    """Give the nodes by ID; one without an ID, or with another's, by its place."""
    listed = definition.get("nodes") if isinstance(definition, dict) else None
    found: dict[str, Mapping[str, Any]] = {}
    for place, node in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(node, dict):
            given = node.get("id")
            own = given if isinstance(given, str) and given not in found else ""
            found[own or f"#{place + 1}"] = node
    return found


def _wires(definition: Any) -> dict[tuple[str, str, str], None]:
    """Give the wires, each once, in order."""
    listed = definition.get("wires") if isinstance(definition, dict) else None
    whole = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {
        (str(one.get("from", "")), str(one.get("output", "next")), str(one.get("to", ""))): None
        for one in whole
    }


def _node(node_id: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Node:
    shown: Mapping[str, Any] = (after if after is not None else before) or {}
    fields = tuple(_fields(before, after))
    if before is None:
        change = "added"
    elif after is None:
        change = "removed"
    else:
        change = "changed" if fields else "same"
    return Node(node_id, str(shown.get("name", "")), str(shown.get("kind", "")), change, fields)


def _fields(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Iterator[Field]:
    old, new = dict(_leaves_of(before)), dict(_leaves_of(after))
    for path in [*new, *(path for path in old if path not in new)]:
        was, is_ = old.get(path, ABSENT), new.get(path, ABSENT)
        if not _equal(was, is_):
            yield Field(path, was, is_)


def _leaves_of(node: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
    """Give what a node says, its settings without that word in front."""
    if node is None:
        return
    for key in ("name", "kind"):
        if key in node:
            yield key, node[key]
    yield from _leaves(node.get("settings", {}), "")
    for key in node:
        if key not in _OWN:
            yield from _leaves(node[key], f"node.{key}")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and (value or not path):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{place}]")
    else:
        yield path or "settings", value


def _equal(one: Any, other: Any) -> bool:
    """Compare as JSON does: `1`, `1.0` and `true` are three values."""
    return type(one) is type(other) and bool(one == other)


def _told(wire: tuple[str, str, str], names: Mapping[str, str]) -> Wire:
    begin, output, end = wire
    return Wire(names.get(begin) or begin, output, names.get(end) or end)
