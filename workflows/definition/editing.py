"""Edits of a definition's JSON: each gives another definition, or refuses by name. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spojit.lib.errors import Refused
from workflows.definition import settings as kinds
from workflows.definition.parts import ONWARD, outputs_of, take_apart, told_of
from workflows.definition.reading import LONGEST_NAME, MOST_NODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflows.definition.parts import Parts

Definition = dict[str, Any]


class CannotAdd(Refused):
    """A step of this kind cannot stand there."""

    code = "cannot_add"


class CannotMove(Refused):
    """This step has to stay, or cannot go there."""

    code = "cannot_move"
    message = "A workflow needs its trigger. Choose another way of starting it instead."


class CannotWire(Refused):
    """A wire cannot lead there."""

    code = "cannot_wire"


class BadName(Refused):
    """A step cannot be called that."""

    code = "bad_node_name"
    message = f"A step's name is one line of at most {LONGEST_NAME} characters."


def add(
    definition: Any,
    *,
    kind: str,
    after: str,
    output: str,
    settings: Mapping[str, Any] | None = None,
    name: str = "",
) -> tuple[Definition, str]:
    """Put a new step on a wire, or at a free output; what came after hangs on it then.

    Args:
        definition: what is edited.
        kind: one of `settings.KINDS`.
        after: the step before; "" puts the new one beside all others. A trigger leads to the first
            of them that nothing leads to.
        output: that step's output.
        settings: what the step is told; its kind's defaults otherwise.
        name: what people call it; made from the kind otherwise.

    Returns:
        The new definition, and the new step's ID.

    Raises:
        CannotAdd, NoSuchNode, NotEditable, BadName: nothing was put there.
    """
    parts = take_apart(definition)
    _refuse_to_add(parts, kind, after, output)
    told = dict(settings or ({"start": {"type": "manual"}} if kind == "trigger" else {}))
    node_id = parts.free_id("start" if kind == "trigger" else str(told.get("connector") or kind))
    shown = parts.free_name(_clean(name or kind.replace("_", " ").capitalize()))
    place = parts.place(after) + 1 if after else len(parts.nodes)
    head = next(iter(parts.heads()), "")
    node = {"id": node_id, "kind": kind, "name": shown[:LONGEST_NAME], "settings": told}
    parts.nodes.insert(place, node)
    if after:
        _put_between(parts, node_id, after=after, output=output)
    elif kind == "trigger":
        parts.lead(node_id, "next", head)
    return parts.whole(), node_id


def duplicate(definition: Any, *, node_id: str) -> tuple[Definition, str]:
    """Put a copy of a step right after it. Returns and raises as `add` does."""
    node = take_apart(definition).node(node_id)
    kind = str(node.get("kind"))
    told = {key: value for key, value in told_of(node).items() if key != "output"}
    name = _clean(str(node.get("name") or node_id), cut=True)
    return add(
        definition,
        kind=kind,
        after=node_id,
        output=ONWARD.get(kind, "next"),
        settings=told,
        name=f"{name[: LONGEST_NAME - 5]} copy",
    )


def remove(definition: Any, *, node_id: str) -> Definition:
    """Take a step out, and join what came before to what comes after.

    What hung on its other outputs goes too where nothing else leads to it: `goes_with` tells.

    Raises:
        CannotMove: it is the only trigger.
        NoSuchNode, NotEditable: there is nothing to remove.
    """
    parts = take_apart(definition)
    others = goes_with(definition, node_id=node_id)
    _refuse_the_trigger(parts, node_id)
    parts.take_out(node_id)
    parts.drop(others)
    return parts.whole()


def goes_with(definition: Any, *, node_id: str) -> tuple[str, ...]:
    """Return the IDs of the steps that go with this one when it is removed, in their order."""
    parts = take_apart(definition)
    if parts.node(node_id).get("kind") == "trigger":
        return ()
    heads = parts.heads()
    before, onward = parts.reached(heads), parts.onward(node_id)
    parts.take_out(node_id)
    begin = [one for one in heads if one != node_id] + ([onward] if node_id in heads else [])
    lost = before - parts.reached(begin) - {node_id}
    return tuple(one for one in parts.ids() if one in lost)


def move(definition: Any, *, node_id: str, after: str, output: str) -> Definition:
    """Take a step out and put it on another wire, or at a free output.

    What stands in its loop or branches goes along.

    Raises:
        CannotMove: it is the trigger, or would stand behind itself.
        CannotAdd, NoSuchNode, NotEditable: as of `add`.
    """
    parts = take_apart(definition)
    kind = str(parts.node(node_id).get("kind"))
    _refuse_the_trigger(parts, node_id)
    onward = ONWARD.get(kind, "next")
    if after == node_id or parts.after(after, output) == node_id:
        return parts.whole()
    rest = parts.after(node_id, onward)
    parts.cut(node_id, onward)
    parts.turn(node_id, rest)
    if after in parts.reached([node_id]):
        raise CannotMove("A step cannot be moved behind itself.")
    _refuse_to_add(parts, kind, after, output, is_new=False)
    _put_between(parts, node_id, after=after, output=output)
    return parts.whole()


def rewire(definition: Any, *, from_: str, output: str, to: str) -> Definition:
    """Let an output lead to another step; to "" it leads nowhere.

    Raises:
        CannotWire: the step would lead back to itself, or to a trigger.
        NoSuchNode, NotEditable: an end is not there.
    """
    parts = take_apart(definition)
    begin = parts.node(from_)
    parts.cut(from_, output)
    if to:
        _refuse_to_wire(parts, begin, output, to)
    parts.lead(from_, output, to)
    return parts.whole()


def rename(definition: Any, *, node_id: str, name: str) -> Definition:
    """Call a step something else. Raises: BadName, NoSuchNode, NotEditable."""
    parts = take_apart(definition)
    parts.change(node_id, name=_clean(name))
    return parts.whole()


def set_settings(definition: Any, *, node_id: str, settings: Mapping[str, Any]) -> Definition:
    """Tell a step something else; wires go whose output it has no more.

    Raises:
        NoSuchNode, NotEditable: there is no such step.
    """
    parts = take_apart(definition)
    before = outputs_of(parts.node(node_id))
    parts.change(node_id, settings=dict(settings))
    node = parts.node(node_id)
    is_readable = bool(outputs_of(node)) or node.get("kind") == "response"
    for output in set(before) - set(outputs_of(node)) if is_readable else ():
        parts.cut(node_id, output)
    return parts.whole()


def bind(definition: Any, *, mapping: Mapping[str, str]) -> Definition:
    """Put one connection in another's place, by their IDs, in every step."""
    parts = take_apart(definition)
    for place, node in enumerate(parts.nodes):
        if isinstance(node, dict):
            told = told_of(node)
            if isinstance(told.get("start"), dict):
                told = told | {"start": _bound(told["start"], mapping)}
            parts.nodes[place] = node | {"settings": _bound(told, mapping)} if told else node
    return parts.whole()


def _bound(told: dict[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    before = told.get("connection_id")
    if isinstance(before, str) and before in mapping:
        return told | {"connection_id": mapping[before]}
    return told


def _put_between(parts: Parts, node_id: str, *, after: str, output: str) -> None:
    """Hang a step on an output, and what hung there on the step."""
    rest = parts.after(after, output)
    parts.lead(after, output, node_id)
    if rest:
        parts.lead(node_id, ONWARD.get(str(parts.node(node_id).get("kind")), "next"), rest)


def _refuse_to_add(
    parts: Parts, kind: str, after: str, output: str, *, is_new: bool = True
) -> None:
    if kind not in kinds.KINDS:
        raise CannotAdd("There is no such kind of step.")
    if is_new and len(parts.nodes) >= MOST_NODES:
        raise CannotAdd(f"A workflow has at most {MOST_NODES} steps.")
    if kind == "trigger":
        _refuse_a_trigger(parts, after)
    elif after:
        _refuse_place(parts, kind, after, output)


def _refuse_a_trigger(parts: Parts, after: str) -> None:
    if any(_is_trigger(node) for node in parts.nodes):
        raise CannotAdd("A workflow has one trigger.")
    if after:
        raise CannotAdd("Nothing leads to a trigger.")


def _refuse_place(parts: Parts, kind: str, after: str, output: str) -> None:
    before, rest = parts.node(after), parts.after(after, output)
    known = outputs_of(before)
    if before.get("kind") == "response":
        raise CannotAdd("Nothing comes after a Response.")
    if kind == "response" and rest:
        raise CannotAdd("Nothing comes after a Response.", hint="Add it where a branch ends.")
    if known and output not in known and not rest:
        raise CannotAdd("That step has no such output any more.")


def _refuse_the_trigger(parts: Parts, node_id: str) -> None:
    triggers = [node for node in parts.nodes if _is_trigger(node)]
    if _is_trigger(parts.node(node_id)) and len(triggers) == 1:
        raise CannotMove


def _refuse_to_wire(parts: Parts, begin: dict[str, Any], output: str, to: str) -> None:
    if _is_trigger(parts.node(to)):
        raise CannotWire("Nothing leads to a trigger.")
    known = outputs_of(begin)
    if output not in known and (known or begin.get("kind") == "response"):
        raise CannotWire("That step has no such output.")
    if begin["id"] in parts.reached([to]):
        raise CannotWire("This would lead back to itself.", hint="Use a Loop to repeat steps.")


def _is_trigger(node: Any) -> bool:
    return isinstance(node, dict) and node.get("kind") == "trigger"


def _clean(name: str, *, cut: bool = False) -> str:
    """Make one line of a name. Raises: BadName, unless what is too much may be cut."""
    cleaned = " ".join(name.split())
    if cut:
        cleaned = "".join(filter(str.isprintable, cleaned))[:LONGEST_NAME] or "Step"
    if not cleaned or len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
        raise BadName
    return cleaned
