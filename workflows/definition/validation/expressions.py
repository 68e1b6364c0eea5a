"""Whether every expression can be read, and names earlier steps only. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows import templating
from workflows.definition.problems import Problem
from workflows.templating import BadExpression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflows.definition.graph import Graph, Node

ALWAYS = frozenset({"run", "workflow"})
"""What every expression may name: facts of the run and of the workflow."""

_WITHOUT = {"trigger": frozenset({"start"})}
"""Settings that hold no expressions."""


def check(graph: Graph, node: Node) -> Iterator[Problem]:
    """List what is wrong with the expressions of one node."""
    known = graph.names_at(node.id) | ALWAYS
    later = set(graph.names.values()) - known
    given = {k: v for k, v in node.given.items() if k not in _WITHOUT.get(node.kind, ())}
    for field, text in templating.texts(given):
        try:
            names = templating.parse(text).names
        except BadExpression as bad:
            yield _at(node, field, bad.message, bad.hint)
            continue
        for name in sorted(names - known):
            yield _at(node, field, *_unknown(name, known, is_later=name in later))


def _unknown(name: str, known: frozenset[str], *, is_later: bool) -> tuple[str, str]:
    if is_later:
        return f"{name} is not there yet when this step runs.", "Name an earlier step."
    names = ", ".join(sorted(known))
    return f"There is no {name} here.", f"Names that are here: {names}."


def _at(node: Node, field: str, message: str, hint: str) -> Problem:
    return Problem(f"nodes[{node.place}].settings.{field}", node.id, field, message, hint)
