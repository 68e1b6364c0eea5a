"""Everything that is checked before a version goes live (design row J6). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflows.definition.reading import read
from workflows.definition.validation import connecting, expressions, shape, steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workflows.definition.graph import Graph, Node
    from workflows.definition.problems import Problem
    from workflows.definition.surroundings import Surroundings


def validate(definition: Any, surroundings: Surroundings) -> tuple[Graph, list[Problem]]:
    """Read a definition and list all its problems, in the order of nodes, then of wires."""
    graph, problems = read(definition)
    problems += shape.check(graph)
    for node in graph.nodes:
        problems += _of(graph, node, surroundings)
    return graph, problems


def of_node(
    graph: Graph, node: Node, surroundings: Surroundings, *, unread: Iterable[Problem]
) -> list[Problem]:
    """List the problems of one node alone; `unread` is what reading the definition told."""
    told = [*unread, *shape.check(graph)]
    return [*(one for one in told if one.node_id == node.id), *_of(graph, node, surroundings)]


def _of(graph: Graph, node: Node, surroundings: Surroundings) -> Iterator[Problem]:
    yield from expressions.check(graph, node)
    yield from steps.check(node, surroundings)
    if node.kind == "connector":
        yield from connecting.check(node, surroundings)
