"""What a run that is repeated from its failed step keeps of what was done. Pure.

A node is the same in another version when its settings are, and all that leads to it is: so that
what it gave once is what it would be given there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflows.engine.advance import COMPOSITES

if TYPE_CHECKING:
    from workflows.definition import Graph, Wire


@dataclass(frozen=True, slots=True)
class Kept:
    """Whose steps are kept: `whole` of loops and parallel nodes that were done, `fatal` never."""

    same: frozenset[str]
    whole: frozenset[str]
    fatal: frozenset[str]

    def takes(self, *, node_id: str, kind: str, status: str) -> bool:
        """Say whether a step is kept: what was done, and failures that the run went on behind."""
        if node_id not in self.same or (kind in COMPOSITES and node_id not in self.whole):
            return False
        return status == "completed" or (status == "failed" and node_id not in self.fatal)


def kept(before: Graph, after: Graph) -> Kept:
    """Compare the version that ran with the one that will; they may be the same one."""
    same = _same(before, after)
    whole = {node_id for node_id in same if _inside(before, node_id) <= same}
    fatal = {node.id for node in before.nodes if _is_fatal(before, node.id)}
    return Kept(frozenset(same), frozenset(whole), frozenset(fatal))


def first_other(before: Graph, found: Kept, *, came_to: set[str], error_node_id: str) -> str:
    """Name the first step that was done and is not kept; empty when all that was done is.

    The step that failed, and the loops around it, are done again in any case.
    """
    around = {room.node_id for room in before.rooms.get(error_node_id, ())} | {error_node_id}
    for node_id in before.order:
        if node_id in came_to - found.same - around:
            return before.by_id[node_id].name
    return ""


def _same(before: Graph, after: Graph) -> set[str]:
    triggers = {node.id for node in (*before.triggers, *after.triggers)}
    found = {node.id for node in before.nodes if _is_equal(before, after, node.id)} | triggers
    while True:
        lost = {one for one in found - triggers if not _is_led_to(after, one, found)}
        if not lost:
            return found
        found -= lost


def _is_equal(before: Graph, after: Graph, node_id: str) -> bool:
    here, there = before.by_id[node_id], after.by_id.get(node_id)
    if there is None or (here.kind, here.settings) != (there.kind, there.settings):
        return False
    return _ends(before, node_id) == _ends(after, node_id)


def _ends(graph: Graph, node_id: str) -> set[tuple[str, str]]:
    return {(wire.from_, wire.output) for wire in graph.arriving.get(node_id, ())}


def _is_led_to(graph: Graph, node_id: str, found: set[str]) -> bool:
    return all(
        wire.from_ in found and (_is_inward(wire) or _inside(graph, wire.from_) <= found)
        for wire in graph.arriving.get(node_id, ())
    )


def _is_inward(wire: Wire) -> bool:
    return wire.output == "each" or wire.output.startswith("branch_")


def _inside(graph: Graph, node_id: str) -> set[str]:
    """List what stands within a loop or parallel node."""
    return {
        inner
        for inner, rooms in graph.rooms.items()
        if any(room.node_id == node_id for room in rooms)
    }


def _is_fatal(graph: Graph, node_id: str) -> bool:
    """Say whether a failure of this node ends the run: nothing on its way out catches it."""
    ways_out = [node_id, *(room.node_id for room in graph.rooms.get(node_id, ()))]
    policies = (getattr(graph.by_id[one].settings, "on_failure", "stop") for one in ways_out)
    return all(policy == "stop" for policy in policies)
