"""Everything that is checked before a version goes live (design row J6). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflows.definition.reading import read
from workflows.definition.validation import connecting, expressions, shape, steps

if TYPE_CHECKING:
    from workflows.definition.graph import Graph
    from workflows.definition.problems import Problem
    from workflows.definition.surroundings import Surroundings


def validate(definition: Any, surroundings: Surroundings) -> tuple[Graph, list[Problem]]:
    """Read a definition and list all its problems, in the order of nodes, then of wires."""
    graph, problems = read(definition)
    problems += shape.check(graph)
    for node in graph.nodes:
        problems += expressions.check(graph, node)
        problems += steps.check(node, surroundings)
        if node.kind == "connector":
            problems += connecting.check(node, surroundings)
    return graph, problems
