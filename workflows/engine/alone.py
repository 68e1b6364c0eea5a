"""Does one step of a graph alone, with what earlier ones are recorded to have given. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from workflows.definition import settings as kinds
from workflows.engine.advance import Walker
from workflows.engine.results import Failed

if TYPE_CHECKING:
    from workflows.definition import Graph, Node
    from workflows.engine.advance import Kinds
    from workflows.engine.journal import Journal
    from workflows.engine.scope import Scope


def do(graph: Graph, journal: Journal, kinds_: Kinds, scope: Scope, *, node_id: str) -> None:
    """Do one step; in a loop, as if in its first round.

    Args:
        graph: of any version: what is wrong with other nodes does not matter.
        journal: in which stands what earlier steps gave, as far as this one names them.
        kinds_: what runs a node of each kind.
        scope: what the trigger brought, and facts of the run.
        node_id: which step.

    Raises:
        Failed: the step failed, and its settings do not let the run go on.
        Waits: it goes on later.
    """
    node = graph.by_id[node_id]
    for earlier_id in graph.earlier.get(node_id, ()):
        place = first_place(graph, earlier_id)
        if journal.entry(place):
            output = graph.by_id[earlier_id].output
            scope.put_later(output, partial(journal.value, place))
    for loop in loops_around(graph, node_id):
        settings = loop.settings
        assert isinstance(settings, kinds.Loop)
        item = _first_item(loop, settings, journal, scope, first_place(graph, loop.id))
        scope = scope.inner({settings.item: item, f"{settings.item}_index": 0})
    prefix = first_place(graph, node_id).removesuffix(node_id)
    Walker(graph, journal, kinds_).step(node, scope, prefix)


def loops_around(graph: Graph, node_id: str) -> list[Node]:
    """Give the loops that a node stands in, the outermost first."""
    around = (graph.by_id[room.node_id] for room in graph.rooms.get(node_id, ()))
    return [node for node in around if node.kind == "loop"]


def first_place(graph: Graph, node_id: str) -> str:
    """Give the place of a node in the first round of each loop that it stands in."""
    return "".join(f"{loop.id}[0]." for loop in loops_around(graph, node_id)) + node_id


def _first_item(
    loop: Node, settings: kinds.Loop, journal: Journal, scope: Scope, place: str
) -> Any:
    """Give what the first round is about; a list that was pinned to the loop counts before all."""
    if settings.over != "each":
        return 0
    items = journal.value(place) if journal.entry(place) else scope.fill(settings.items)
    if not isinstance(items, list):
        raise Failed("not_a_list", f"What {loop.name} goes over is not a list.")
    if not items:
        raise Failed("empty_list", f"What {loop.name} goes over is empty, so it has no round.")
    return items[0]
