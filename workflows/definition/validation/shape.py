"""Whether nodes and wires make a graph that can run: one trigger, no cycle, nothing loose. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from workflows.definition.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflows.definition.graph import Graph, Node, Wire

MOST_DEEP = 5
"""How deep loops and branches may stand in each other."""


def check(graph: Graph) -> list[Problem]:
    """List what is wrong with the graph as a whole."""
    return [
        *_triggers(graph),
        *_repeated(graph),
        *_wires(graph),
        *_loose(graph),
        *_cycles(graph),
        *_rooms(graph),
    ]


def _triggers(graph: Graph) -> Iterator[Problem]:
    if not graph.triggers:
        yield Problem("nodes", "", "", "Nothing starts this workflow.", "Add a trigger.")
    for node in graph.triggers[1:]:
        yield _at(node, "A workflow has one trigger.", "Remove this one.")
    for node in graph.triggers:
        if graph.arriving.get(node.id):
            yield _at(node, "Nothing leads to a trigger.", "Remove the wire.")


def _repeated(graph: Graph) -> Iterator[Problem]:
    ids = Counter(node.id for node in graph.nodes)
    outputs = Counter(node.output for node in graph.by_id.values())
    for node in graph.nodes:
        if ids[node.id] > 1 and graph.by_id[node.id] is not node:
            yield _at(node, f"Another node has the ID {node.id}.", "Duplicate it anew.")
        elif outputs[node.output] > 1:
            yield Problem(
                f"nodes[{node.place}].settings.output",
                node.id,
                "output",
                f"Two steps give their output the name {node.output}.",
                "Choose another name for one of them.",
            )


def _wires(graph: Graph) -> Iterator[Problem]:
    taken: set[tuple[str, str]] = set()
    for wire in graph.wires:
        begin = (wire.from_, wire.output)
        if wire.from_ not in graph.by_id or wire.to not in graph.by_id:
            yield _along(wire, "A wire leads from or to a node that is not there.")
        elif wire.output not in graph.by_id[wire.from_].outputs:
            yield _along(wire, f"{graph.by_id[wire.from_].name} has no output {wire.output}.")
        elif begin in taken:
            name = graph.by_id[wire.from_].name
            hint = "Use a Parallel node to go on in several ways at once."
            yield _along(wire, f"Two wires begin at {wire.output} of {name}.", hint)
        taken.add(begin)


def _loose(graph: Graph) -> Iterator[Problem]:
    for node in graph.nodes:
        if node.kind != "trigger" and not graph.arriving.get(node.id):
            yield _at(node, f"Nothing leads to {node.name}.", "Wire it, or remove it.")


def _cycles(graph: Graph) -> Iterator[Problem]:
    left = set(graph.by_id) - set(graph.order)
    on_cycle = [node for node in graph.nodes if node.id in left]
    if on_cycle:
        names = ", ".join(node.name for node in on_cycle[:5])
        yield _at(on_cycle[0], f"These steps lead back to themselves: {names}.", "Use a Loop node.")


def _rooms(graph: Graph) -> Iterator[Problem]:
    for node in graph.nodes:
        rooms = graph.rooms.get(node.id)
        if rooms is None:
            continue
        if len(rooms) > MOST_DEEP:
            hint = "Move the inner ones into a workflow of their own."
            yield _at(node, f"Loops and branches stand more than {MOST_DEEP} deep.", hint)
        arriving = [w for w in graph.arriving.get(node.id, ()) if w.from_ in graph.rooms]
        if any(graph.room_of(wire, graph.rooms) != rooms for wire in arriving[1:]):
            message = f"Wires from different loops or branches meet at {node.name}."
            yield _at(node, message, "Go on from the output done instead.")
        if node.kind == "response" and any(_is_many(graph, room.node_id) for room in rooms):
            yield _at(node, "A Response stands in a loop.", "Move it behind the loop.")


def _is_many(graph: Graph, node_id: str) -> bool:
    return graph.by_id[node_id].kind == "loop"


def _at(node: Node, message: str, hint: str = "") -> Problem:
    return Problem(f"nodes[{node.place}]", node.id, "", message, hint)


def _along(wire: Wire, message: str, hint: str = "Remove the wire.") -> Problem:
    return Problem(f"wires[{wire.place}]", wire.from_, "", message, hint)
