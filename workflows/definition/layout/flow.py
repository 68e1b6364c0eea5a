"""A graph as a tree of who alone leads to whom, whatever graph it is. Pure.

A node stands below the last node that all ways to it lead through: its immediate dominator (Cooper,
Harvey and Kennedy, "A Simple, Fast Dominance Algorithm"). Wires that lead back are left out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflows.definition.graph import Graph, Wire

ROOT = ""
"""Stands for what all begins at."""


@dataclass(slots=True)
class Flow:
    """The tree.

    Attributes:
        order: the IDs, each after all that lead to it by wires that count.
        arriving: how many such wires lead to each node.
        back: the places of wires that lead back.
        parent: the immediate dominator of each node.
        joins: by node, the ones below it that several ways lead to, in order.
    """

    order: list[str]
    back: set[int]
    arriving: dict[str, list[Wire]]
    parent: dict[str, str] = field(default_factory=dict)
    joins: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def flow_of(graph: Graph) -> Flow:
    """Work out the tree of a graph."""
    order, back = _ordered(graph)
    arriving: dict[str, list[Wire]] = {node_id: [] for node_id in graph.by_id}
    for wire in wires_of(graph):
        if wire.place not in back:
            arriving[wire.to].append(wire)
    flow = Flow(order, back, arriving)
    depth = {ROOT: 0}
    for node_id in order:
        begins = [wire.from_ for wire in arriving[node_id]]
        parent = _common(begins, flow.parent, depth) if begins else ROOT
        flow.parent[node_id], depth[node_id] = parent, depth[parent] + 1
        if len(begins) > 1:
            flow.joins[parent].append(node_id)
    return flow


def wires_of(graph: Graph) -> list[Wire]:
    """Return the wires whose ends are both there."""
    return [w for w in graph.wires if w.from_ in graph.by_id and w.to in graph.by_id]


def _ordered(graph: Graph) -> tuple[list[str], set[int]]:
    """Go through the graph in depth; a wire to what is still open leads back."""
    leaving: dict[str, list[Wire]] = defaultdict(list)
    for wire in wires_of(graph):
        leaving[wire.from_].append(wire)
    led = {wire.to for wire in wires_of(graph)}
    ids = list(dict.fromkeys(node.id for node in graph.nodes))
    heads = [node_id for node_id in ids if node_id not in led]
    finished: list[str] = []
    state: dict[str, bool] = {}
    back: set[int] = set()
    for head in [*heads, *ids]:
        if head not in state:
            _go_through(head, leaving, state, finished, back)
    return finished[::-1], back


def _go_through(
    head: str,
    leaving: dict[str, list[Wire]],
    state: dict[str, bool],
    finished: list[str],
    back: set[int],
) -> None:
    """Visit what a node leads to; `state` is False while a node is open, and then True."""
    state[head] = False
    waiting = [(head, iter(reversed(leaving[head])))]
    while waiting:
        node_id, wires = waiting[-1]
        wire = next(wires, None)
        if wire is None:
            waiting.pop()
            state[node_id] = True
            finished.append(node_id)
        elif wire.to not in state:
            state[wire.to] = False
            waiting.append((wire.to, iter(reversed(leaving[wire.to]))))
        elif not state[wire.to]:
            back.add(wire.place)


def _common(begins: Iterable[str], parent: dict[str, str], depth: dict[str, int]) -> str:
    """Return the nearest node that all of these stand at or below."""
    first, *others = begins
    for other in others:
        one, two = first, other
        while one != two:
            if depth[one] >= depth[two]:
                one = parent[one]
            else:
                two = parent[two]
        first = one
    return first
