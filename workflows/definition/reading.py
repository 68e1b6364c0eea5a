"""Reads a definition's JSON into a graph; what does not fit is a problem, never an error. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from workflows.definition import settings as kinds
from workflows.definition.graph import Graph, Node, Wire
from workflows.definition.problems import Problem

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MOST_NODES = 500
LONGEST_NAME = 120

_TAKEN = frozenset({"trigger"})
"""Names that no step may give its output: the trigger has it."""


def read(definition: Any) -> tuple[Graph, list[Problem]]:
    """Read `{"nodes": […], "wires": […]}`.

    Returns:
        The graph of what could be read, and what could not. Settings that do not fit are replaced
        by the kind's defaults, so that the rest can be checked and drawn.
    """
    problems: list[Problem] = []
    if not isinstance(definition, dict) or set(definition) - {"nodes", "wires"}:
        return Graph((), ()), [_whole("A definition is an object of nodes and wires.")]
    nodes = _list(definition, "nodes", problems)
    wires = _list(definition, "wires", problems)
    if len(nodes) > MOST_NODES:
        problems.append(_whole(f"A workflow has at most {MOST_NODES} nodes."))
    read_nodes = [_node(found, place, problems) for place, found in enumerate(nodes[:MOST_NODES])]
    known = tuple(node for node in read_nodes if node is not None)
    graph_wires = [_wire(found, place, problems) for place, found in enumerate(wires)]
    return Graph(known, tuple(wire for wire in graph_wires if wire is not None)), problems


def _whole(message: str) -> Problem:
    return Problem("", "", "", message)


def _list(definition: dict[str, Any], key: str, problems: list[Problem]) -> list[Any]:
    found = definition.get(key, [])
    if isinstance(found, list):
        return found
    problems.append(Problem(key, "", "", f"{key} must be a list."))
    return []


def _node(found: Any, place: int, problems: list[Problem]) -> Node | None:
    path = f"nodes[{place}]"
    if not isinstance(found, dict) or set(found) - {"id", "kind", "name", "settings"}:
        problems.append(Problem(path, "", "", "A node has id, kind, name and settings only."))
        return None
    node_id, kind, given = found.get("id"), found.get("kind"), found.get("settings", {})
    if not isinstance(node_id, str) or len(node_id) > 40 or not re.match(kinds.NODE_ID, node_id):
        message = "A node's ID has small letters, digits and underscores, at most 40."
        problems.append(Problem(f"{path}.id", "", "", message))
        return None
    if kind not in kinds.KINDS:
        problems.append(Problem(f"{path}.kind", node_id, "", "There is no such kind of node."))
        return None
    given = given if isinstance(given, dict) else {}
    name = _name(found.get("name", ""), node_id, path, problems)
    return Node(node_id, kind, name, _settings(kind, given, node_id, path, problems), given, place)


def _name(found: Any, node_id: str, path: str, problems: list[Problem]) -> str:
    if isinstance(found, str) and len(found) <= LONGEST_NAME and (not found or found.isprintable()):
        return found or node_id
    message = f"A name is one line of at most {LONGEST_NAME} characters."
    problems.append(Problem(f"{path}.name", node_id, "name", message))
    return node_id


def _settings(
    kind: str, given: dict[str, Any], node_id: str, path: str, problems: list[Problem]
) -> kinds.Strict:
    model = kinds.KINDS[kind]
    try:
        settings = model.model_validate(given)
    except ValidationError as error:
        problems.extend(_problem(detail, node_id, path) for detail in error.errors())
        return _default(kind)
    if getattr(settings, "output", None) in _TAKEN:
        message = "This name is the trigger's; choose another one."
        problems.append(Problem(f"{path}.settings.output", node_id, "output", message))
    return settings


def _default(kind: str) -> kinds.Strict:
    if kind == "trigger":
        return kinds.Trigger(start=kinds.Manual(type="manual"))
    return kinds.KINDS[kind]()


def _problem(detail: ErrorDetails, node_id: str, path: str) -> Problem:
    field = ""
    for step in detail["loc"]:
        field += f"[{step}]" if isinstance(step, int) else f".{step}"
    field = field.removeprefix(".")
    message = f"{detail['msg']}."
    return Problem(f"{path}.settings.{field}".rstrip("."), node_id, field, message)


def _wire(found: Any, place: int, problems: list[Problem]) -> Wire | None:
    names = ("from", "output", "to")
    is_whole = isinstance(found, dict) and set(found) == set(names)
    if not is_whole or not all(isinstance(found[name], str) for name in names):
        problems.append(Problem(f"wires[{place}]", "", "", "A wire has from, output and to."))
        return None
    return Wire(found["from"], found["output"], found["to"], place)
