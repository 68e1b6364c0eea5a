"""A definition's JSON taken apart, to be changed and put together again. Pure.

What cannot be read stays as it is: an edit loses nothing that it does not speak of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from spojit.lib.errors import Refused
from workflows.definition import settings as kinds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

ONWARD = {"condition": "yes", "loop": "done", "parallel": "done", "approval": "approved"}
"""The output at which what came after goes on; `next` of the other kinds."""

_ASIDE = {"condition": ("no",), "approval": ("rejected",)}
_RESERVED = frozenset({"trigger", "run", "workflow"})
LONGEST_ID = 40


class NotEditable(Refused):
    """The definition is no object of lists of nodes and wires."""

    code = "definition_not_editable"
    message = "This definition is no list of steps and wires, so it cannot be edited here."


class NoSuchNode(Refused):
    """The step is not there, or not any more."""

    code = "no_such_node"
    message = "This step is not there any more."


@dataclass(slots=True)
class Parts:
    """The nodes and wires; each is replaced, and never changed in its place."""

    nodes: list[Any]
    wires: list[Any]

    def whole(self) -> dict[str, Any]:
        """Put them together."""
        return {"nodes": self.nodes, "wires": self.wires}

    def ids(self) -> list[str]:
        """Return the IDs of all nodes that have one, in order."""
        found = (node.get("id") for node in self.nodes if isinstance(node, dict))
        return [one for one in found if isinstance(one, str)]

    def place(self, node_id: str) -> int:
        """Return where in the list a node is. Raises: NoSuchNode."""
        for place, node in enumerate(self.nodes):
            if isinstance(node, dict) and node.get("id") == node_id:
                return place
        raise NoSuchNode

    def node(self, node_id: str) -> dict[str, Any]:
        """Return a node. Raises: NoSuchNode."""
        found: dict[str, Any] = self.nodes[self.place(node_id)]
        return found

    def change(self, node_id: str, **values: Any) -> None:
        """Give a node other values."""
        self.nodes[self.place(node_id)] = self.node(node_id) | values

    def after(self, node_id: str, output: str) -> str:
        """Return what hangs on an output, or ""."""
        return next((wire["to"] for wire in self.wires if _begins(wire, node_id, output)), "")

    def onward(self, node_id: str) -> str:
        """Return what comes after a node when all goes well, or ""."""
        kind = str(self.node(node_id).get("kind"))
        outputs = (ONWARD.get(kind, "next"), *_ASIDE.get(kind, ()))
        found = (self.after(node_id, output) for output in outputs)
        return next((to for to in found if to and to != node_id), "")

    def cut(self, node_id: str, output: str) -> None:
        """Take the wires of an output away."""
        self.wires = [wire for wire in self.wires if not _begins(wire, node_id, output)]

    def lead(self, node_id: str, output: str, to: str) -> None:
        """Let an output lead to a node, and to no other one; to "" it leads nowhere."""
        self.cut(node_id, output)
        if to:
            self.wires.append({"from": node_id, "output": output, "to": to})

    def turn(self, before: str, after: str) -> None:
        """Let what leads to one node lead to another one; to "", or to itself, it goes."""
        turned: list[Any] = []
        for wire in self.wires:
            if not is_wire(wire) or wire["to"] != before:
                turned.append(wire)
            elif after and wire["from"] != after:
                turned.append(wire | {"to": after})
        self.wires = turned

    def drop(self, ids: Collection[str]) -> None:
        """Take nodes away, with all their wires."""
        self.nodes = [one for one in self.nodes if _id(one) not in ids]
        self.wires = [
            wire
            for wire in self.wires
            if not is_wire(wire) or (wire["from"] not in ids and wire["to"] not in ids)
        ]

    def take_out(self, node_id: str) -> None:
        """Take one node away, and join what came before to what comes after."""
        self.turn(node_id, self.onward(node_id))
        self.drop({node_id})

    def heads(self) -> list[str]:
        """Return the nodes that nothing leads to."""
        led = {wire["to"] for wire in self.wires if is_wire(wire)}
        return [one for one in self.ids() if one not in led]

    def reached(self, begin: Iterable[str]) -> set[str]:
        """Return all that these nodes lead to, and themselves."""
        leading: dict[str, list[str]] = {}
        for wire in filter(is_wire, self.wires):
            leading.setdefault(wire["from"], []).append(wire["to"])
        waiting, found = list(begin), set[str]()
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += leading.get(one, ())
        return found

    def free_id(self, base: str) -> str:
        """Make an ID, such as `http_2`, that is no node's, nor a name that a step gives."""
        base = re.sub(r"[^a-z0-9_]+", "_", base.lower()).strip("_")[: LONGEST_ID - 4]
        base = base if re.match(kinds.NODE_ID, base) else "step"
        return _free(base, {*self.ids(), *self._given(), *_RESERVED}, "_")

    def free_name(self, base: str) -> str:
        """Make a name, such as `Condition 2`, that no other step has."""
        taken = {str(node.get("name")) for node in self.nodes if isinstance(node, dict)}
        return _free(base, taken, " ")

    def _given(self) -> set[str]:
        told = [told_of(node) for node in self.nodes if isinstance(node, dict)]
        names = {str(one.get(key)) for one in told for key in ("output", "item")}
        return names | {f"{name}_index" for name in names} | {"item", "item_index"}


def take_apart(definition: Any) -> Parts:
    """Read a definition's lists. Raises: NotEditable."""
    if not isinstance(definition, dict) or set(definition) - {"nodes", "wires"}:
        raise NotEditable
    nodes, wires = definition.get("nodes", []), definition.get("wires", [])
    if not isinstance(nodes, list) or not isinstance(wires, list):
        raise NotEditable
    return Parts(list(nodes), list(wires))


def by_id(definition: Any) -> dict[str, Any]:
    """Return the nodes that have an ID by it; none of what cannot be read."""
    nodes = definition.get("nodes") if isinstance(definition, dict) else None
    found = nodes if isinstance(nodes, list) else []
    return {_id(node): node for node in reversed(found) if _id(node)}


def changed_id(before: Any, after: Any) -> str:
    """Return the ID of the one node that differs; "" when none does, or many do."""
    old, new = by_id(before), by_id(after)
    found = [one for one in old.keys() | new.keys() if old.get(one) != new.get(one)]
    return found[0][:LONGEST_ID] if len(found) == 1 else ""


def told_of(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a node."""
    told = node.get("settings")
    return told if isinstance(told, dict) else {}


def outputs_of(node: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the outputs of a node; none when its settings cannot be read."""
    kind = str(node.get("kind"))
    model = kinds.KINDS.get(kind)
    try:
        return kinds.outputs(kind, model.model_validate(told_of(node))) if model else ()
    except ValidationError:
        return ()


def is_wire(wire: Any) -> bool:
    """Whether it has both ends and an output."""
    return isinstance(wire, dict) and all(
        isinstance(wire.get(key), str) for key in ("from", "output", "to")
    )


def _begins(wire: Any, node_id: str, output: str) -> bool:
    return is_wire(wire) and (wire["from"], wire["output"]) == (node_id, output)


def _id(node: Any) -> str:
    found = node.get("id") if isinstance(node, dict) else None
    return found if isinstance(found, str) else ""


def _free(base: str, taken: Collection[Any], joint: str) -> str:
    names = (base, *(f"{base}{joint}{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
