"""A graph of nodes and wires, frozen; and where each node stands in it. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from workflows.definition import settings as kinds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from workflows.definition.settings import Strict

TRIGGER = "trigger"


@dataclass(frozen=True, slots=True)
class Node:
    """One step. `place` is its number in the JSON's list, for paths of problems."""

    id: str
    kind: str
    name: str
    settings: Strict
    given: Mapping[str, Any]
    place: int

    @property
    def output(self) -> str:
        """Under which name later steps find what it gave."""
        return (
            TRIGGER if self.kind == TRIGGER else getattr(self.settings, "output", None) or self.id
        )

    @property
    def outputs(self) -> tuple[str, ...]:
        """Where a wire can begin."""
        return kinds.outputs(self.kind, self.settings)


@dataclass(frozen=True, slots=True)
class Wire:
    """From one output of a node to another node."""

    from_: str
    output: str
    to: str
    place: int


class Room(NamedTuple):
    """One branch of a loop or parallel node, which what stands in it does not leave by a wire."""

    node_id: str
    output: str


@dataclass(frozen=True)
class Graph:
    """All nodes and wires.

    Only a graph without problems has the promised shape: one trigger, no cycle, one wire an output,
    and wires that meet come from the same room.
    """

    nodes: tuple[Node, ...]
    wires: tuple[Wire, ...]

    @cached_property
    def by_id(self) -> dict[str, Node]:
        """The nodes by ID; of two with the same one, the first."""
        return {node.id: node for node in reversed(self.nodes)}

    @cached_property
    def names(self) -> dict[str, str]:
        """Under which name each node gives what it gives, by ID."""
        return {node_id: node.output for node_id, node in self.by_id.items()}

    @cached_property
    def triggers(self) -> tuple[Node, ...]:
        """The nodes that start it; one, when all is well."""
        return tuple(node for node in self.nodes if node.kind == TRIGGER)

    @cached_property
    def leaving(self) -> dict[str, tuple[Wire, ...]]:
        """The wires that begin at each node."""
        return self._grouped("from_")

    @cached_property
    def arriving(self) -> dict[str, tuple[Wire, ...]]:
        """The wires that end at each node."""
        return self._grouped("to")

    def after(self, node_id: str, output: str) -> str | None:
        """Return the node that hangs on an output, if one does."""
        found = (w.to for w in self.leaving.get(node_id, ()) if w.output == output)
        return next(found, None)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The IDs, each after all that lead to it; what is on a cycle or behind one is left out."""
        waiting = {node.id: len(self.arriving.get(node.id, ())) for node in self.nodes}
        ready = [node.id for node in self.nodes if not waiting[node.id]]
        found: list[str] = []
        while ready:
            node_id = ready.pop(0)
            found.append(node_id)
            for wire in self.leaving.get(node_id, ()):
                if wire.to in waiting:
                    waiting[wire.to] -= 1
                    if not waiting[wire.to]:
                        ready.append(wire.to)
        return tuple(found)

    @cached_property
    def rooms(self) -> dict[str, tuple[Room, ...]]:
        """The loops and branches that each node stands in, the outermost first; none is the run.

        Where wires meet that come from different rooms, the first one counts: that is a problem.
        """
        found: dict[str, tuple[Room, ...]] = {}
        for node_id in self.order:
            arriving = [w for w in self.arriving.get(node_id, ()) if w.from_ in found]
            found[node_id] = self.room_of(arriving[0], found) if arriving else ()
        return found

    def room_of(self, wire: Wire, rooms: Mapping[str, tuple[Room, ...]]) -> tuple[Room, ...]:
        """Return the room that a wire leads into."""
        node, room = self.by_id[wire.from_], rooms[wire.from_]
        is_inner = (node.kind == "loop" and wire.output == "each") or (
            node.kind == "parallel" and wire.output.startswith("branch_")
        )
        return (*room, Room(node.id, wire.output)) if is_inner else room

    @cached_property
    def earlier(self) -> dict[str, frozenset[str]]:
        """The nodes whose outputs each node may name: all that lead to it.

        Of a parallel node that is done, these are the steps of its branches, too. The steps in a
        loop are not: there may be none of them, or many.
        """
        found: dict[str, frozenset[str]] = {}
        for node_id in self.order:
            led: set[str] = set()
            for wire in self.arriving.get(node_id, ()):
                if wire.from_ in found:
                    led |= found[wire.from_] | {wire.from_} | self._joined(wire)
            found[node_id] = frozenset(led)
        return found

    def _joined(self, wire: Wire) -> set[str]:
        if self.by_id[wire.from_].kind != "parallel" or wire.output != "done":
            return set()
        return {
            node_id
            for node_id, rooms in self.rooms.items()
            if any(room.node_id == wire.from_ for room in rooms)
            and not any(self._is_loop(room) for room in rooms[self._depth(rooms, wire.from_) :])
        }

    def _depth(self, rooms: tuple[Room, ...], node_id: str) -> int:
        return next(place for place, room in enumerate(rooms) if room.node_id == node_id) + 1

    def _is_loop(self, room: Room) -> bool:
        return self.by_id[room.node_id].kind == "loop"

    def names_at(self, node_id: str) -> frozenset[str]:
        """Return the names that expressions of a node may begin with."""
        names = {self.names[other] for other in self.earlier.get(node_id, ())}
        for room in self.rooms.get(node_id, ()):
            settings = self.by_id[room.node_id].settings
            if isinstance(settings, kinds.Loop):
                names |= {settings.item, f"{settings.item}_index"}
        return frozenset(names)

    def _grouped(self, end: str) -> dict[str, tuple[Wire, ...]]:
        found: dict[str, list[Wire]] = defaultdict(list)
        for wire in self.wires:
            found[getattr(wire, end)].append(wire)
        return {node_id: tuple(wires) for node_id, wires in found.items()}
