"""Edits of definitions: what each does to nodes and wires, and that nothing odd breaks them."""

from __future__ import annotations

import contextlib
import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from spojit.lib.errors import Refused
from tests.workflows.graphs import definition, node
from workflows.definition import editing
from workflows.definition.editing import BadName, CannotAdd, CannotMove, CannotWire
from workflows.definition.parts import NoSuchNode, NotEditable, outputs_of
from workflows.definition.settings import KINDS
from workflows.definition.surroundings import Surroundings
from workflows.definition.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable

START = node("start", "trigger")
BRANCHING = definition(
    [START, node("ask", "condition"), node("a"), node("b"), node("both"), node("end", "response")],
    "start > ask.yes > a > both > end",
    "ask.no > b > both",
)


def wires(found: dict[str, Any]) -> set[str]:
    return {f"{one['from']}.{one['output']} > {one['to']}" for one in found["wires"]}


def ids(found: dict[str, Any]) -> list[str]:
    return [one["id"] for one in found["nodes"]]


def test_a_step_is_put_on_a_wire_and_at_a_free_output() -> None:
    before = definition([START, node("a")], "start > a")
    between, first = editing.add(before, kind="delay", after="start", output="next")
    after, second = editing.add(between, kind="delay", after="a", output="next", name="Rest")

    assert (first, second) == ("delay", "delay_2")
    assert ids(after) == ["start", "delay", "a", "delay_2"]
    assert wires(after) == {"start.next > delay", "delay.next > a", "a.next > delay_2"}
    assert [one["name"] for one in after["nodes"]] == ["Start", "Delay", "A", "Rest"]


@pytest.mark.parametrize(
    ("kind", "output"),
    [("condition", "yes"), ("loop", "done"), ("parallel", "done"), ("approval", "approved")],
)
def test_what_came_after_goes_on_where_all_went_well(kind: str, output: str) -> None:
    before = definition([START, node("a")], "start > a")

    after, made = editing.add(before, kind=kind, after="start", output="next")

    assert wires(after) == {f"start.next > {made}", f"{made}.{output} > a"}
    assert editing.remove(after, node_id=made) == before


def test_ids_keep_clear_of_every_name_that_is_taken() -> None:
    steps = [START, node("a", output="http"), node("each", "loop", item="github")]
    before = definition(steps)

    def made(kind: str, **told: Any) -> str:
        return editing.add(before, kind=kind, after="a", output="next", settings=told)[1]

    assert made("connector", connector="http") == "http_2"
    assert made("connector", connector="github") == "github_2"
    assert made("sub_workflow") == "sub_workflow"
    assert editing.add(definition([]), kind="trigger", after="", output="")[1] == "start"


def test_a_trigger_leads_to_what_nothing_led_to() -> None:
    after, made = editing.add(definition([node("a")]), kind="trigger", after="", output="")

    assert wires(after) == {"start.next > a"}
    with pytest.raises(CannotAdd, match="one trigger"):
        editing.add(after, kind="trigger", after="", output="")
    with pytest.raises(CannotMove, match="needs its trigger"):
        editing.remove(after, node_id=made)


def test_a_response_ends_its_branch() -> None:
    before = definition([START, node("a")], "start > a")

    with pytest.raises(CannotAdd, match="Nothing comes after"):
        editing.add(before, kind="response", after="start", output="next")
    after, made = editing.add(before, kind="response", after="a", output="next")
    with pytest.raises(CannotAdd, match="Nothing comes after"):
        editing.add(after, kind="delay", after=made, output="next")


def test_removing_joins_what_was_before_to_what_came_after() -> None:
    after = editing.remove(BRANCHING, node_id="both")

    assert ids(after) == ["start", "ask", "a", "b", "end"]
    assert wires(after) == {
        "start.next > ask", "ask.yes > a", "ask.no > b", "a.next > end", "b.next > end",
    }  # fmt: skip


def test_what_only_a_removed_step_led_to_goes_with_it() -> None:
    assert editing.goes_with(BRANCHING, node_id="ask") == ("b",)
    after = editing.remove(BRANCHING, node_id="ask")
    assert wires(after) == {"start.next > a", "a.next > both", "both.next > end"}

    steps = [START, node("each", "loop"), node("in1"), node("in2"), node("out")]
    loop = definition(steps, "start > each.each > in1 > in2", "each.done > out")
    assert editing.goes_with(loop, node_id="each") == ("in1", "in2")
    assert wires(editing.remove(loop, node_id="each")) == {"start.next > out"}
    loose = definition(steps, "each.each > in1 > in2", "each.done > out")
    assert ids(editing.remove(loose, node_id="each")) == ["start", "out"]


def test_a_copy_stands_right_after_and_has_an_output_of_its_own() -> None:
    steps = [START, node("a", values={"x": 1}, output="found"), node("b")]
    after, made = editing.duplicate(definition(steps, "start > a > b"), node_id="a")

    assert made == "transform"
    assert after["nodes"][2] == {
        "id": "transform", "kind": "transform", "name": "A copy", "settings": {"values": {"x": 1}},
    }  # fmt: skip
    assert wires(after) == {"start.next > a", "a.next > transform", "transform.next > b"}


def test_a_step_is_moved_with_what_it_holds() -> None:
    steps = [START, node("a"), node("each", "loop"), node("in"), node("b")]
    before = definition(steps, "start > a > each.each > in", "each.done > b")

    after = editing.move(before, node_id="each", after="start", output="next")

    assert wires(after) == {"start.next > each", "each.each > in", "each.done > a", "a.next > b"}
    with pytest.raises(CannotMove, match="behind itself"):
        editing.move(before, node_id="each", after="in", output="next")
    with pytest.raises(CannotMove, match="needs its trigger"):
        editing.move(before, node_id="start", after="b", output="next")
    assert editing.move(before, node_id="a", after="start", output="next") == before


def test_a_wire_is_led_elsewhere_or_cut() -> None:
    after = editing.rewire(BRANCHING, from_="ask", output="no", to="both")
    assert "ask.no > both" in wires(after)
    assert "ask.no > b" not in wires(after)
    assert "ask.no > b" not in wires(editing.rewire(BRANCHING, from_="ask", output="no", to=""))

    for begin, output, to, why in (
        ("both", "next", "ask", "back to itself"),
        ("a", "next", "start", "Nothing leads to a trigger"),
        ("a", "yes", "both", "no such output"),
        ("end", "next", "b", "no such output"),
    ):
        with pytest.raises(CannotWire, match=why):
            editing.rewire(BRANCHING, from_=begin, output=output, to=to)
    with pytest.raises(NoSuchNode):
        editing.rewire(BRANCHING, from_="a", output="next", to="gone")


def test_new_settings_take_away_wires_of_outputs_that_are_gone() -> None:
    steps = [START, node("p", "parallel", branches=3), node("a"), node("b")]
    before = definition(steps, "start > p.branch_1 > a", "p.branch_3 > b")

    after = editing.set_settings(before, node_id="p", settings={"branches": 2})
    assert wires(after) == {"start.next > p", "p.branch_1 > a"}
    unread = editing.set_settings(before, node_id="p", settings={"branches": "many"})
    assert wires(unread) == wires(before)


def test_names_are_one_line() -> None:
    assert editing.rename(BRANCHING, node_id="a", name="  Make\n it ")["nodes"][2]["name"] == (
        "Make it"
    )
    for name in ("", " ", "x" * 121, "a\x00b"):
        with pytest.raises(BadName):
            editing.rename(BRANCHING, node_id="a", name=name)


def test_connections_are_put_in_each_other_s_place() -> None:
    hook = node("start", "trigger", start={"type": "webhook", "connection_id": "1"})
    steps = [node(f"c{one}", "connector", connection_id=one) for one in ("1", "2", "3")]

    after = editing.bind(definition([hook, *steps]), mapping={"1": "2", "2": "1"})

    told = [one["settings"].get("connection_id") for one in after["nodes"]]
    assert after["nodes"][0]["settings"]["start"]["connection_id"] == "2"
    assert told == [None, "2", "1", "3"]


IDS = ["start", "a", "b", "c", "d", "e"]
OUTPUTS = ["next", "yes", "no", "each", "done", "branch_1", "error", "odd"]
KIND_NAMES = st.sampled_from([*KINDS, "unheard_of"])
ODD = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
NODES = st.fixed_dictionaries(
    {"id": st.sampled_from(IDS), "kind": KIND_NAMES},
    optional={"name": st.just("Step") | ODD, "settings": st.just({}) | ODD},
)
WIRES = st.fixed_dictionaries(
    {
        "from": st.sampled_from(IDS),
        "output": st.sampled_from(OUTPUTS),
        "to": st.sampled_from(IDS),
    }
)
DEFINITIONS = st.fixed_dictionaries(
    {"nodes": st.lists(NODES | ODD, max_size=8), "wires": st.lists(WIRES | ODD, max_size=10)}
)
PLACES = st.sampled_from(IDS)


@given(DEFINITIONS | ODD, KIND_NAMES, PLACES, PLACES, st.sampled_from(OUTPUTS))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_odd_definitions_are_edited_or_refused_and_never_changed_in_place(
    before: Any, kind: str, one: str, other: str, output: str
) -> None:
    kept = copy.deepcopy(before)
    edits: tuple[Callable[[], Any], ...] = (
        lambda: editing.add(before, kind=kind, after=one, output=output)[0],
        lambda: editing.add(before, kind=kind, after="", output="")[0],
        lambda: editing.duplicate(before, node_id=one)[0],
        lambda: editing.remove(before, node_id=one),
        lambda: editing.move(before, node_id=one, after=other, output=output),
        lambda: editing.rewire(before, from_=one, output=output, to=other),
        lambda: editing.rewire(before, from_=one, output=output, to=""),
        lambda: editing.rename(before, node_id=one, name="Other"),
        lambda: editing.set_settings(before, node_id=one, settings={"branches": 3}),
        lambda: editing.bind(before, mapping={"1": "2"}),
    )
    for edit in edits:
        with contextlib.suppress(Refused):
            validate(edit(), Surroundings())
    assert before == kept


@given(DEFINITIONS, st.sampled_from(sorted({*KINDS} - {"trigger", "response"})), PLACES)
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
def test_removing_what_was_added_gives_what_was_before(
    odd: dict[str, Any], kind: str, to: str
) -> None:
    nodes = [{"id": "ask", "kind": "condition"}, *odd["nodes"]]
    wires = [{"from": "ask", "output": "no", "to": to}, *odd["wires"]]
    before = {"nodes": nodes, "wires": wires}

    whole, made = editing.add(before, kind=kind, after="ask", output="no")

    assert outputs_of(whole["nodes"][1]) == outputs_of({"kind": kind})
    back = editing.remove(whole, node_id=made)
    assert back["nodes"] == before["nodes"]
    assert sorted(map(repr, back["wires"])) == sorted(map(repr, before["wires"]))


def test_what_is_no_definition_is_refused() -> None:
    not_ours: tuple[Any, ...] = (None, [], "x", {"nodes": {}}, {"nodes": [], "more": 1})
    for odd in not_ours:
        with pytest.raises(NotEditable):
            editing.rename(odd, node_id="a", name="A")
