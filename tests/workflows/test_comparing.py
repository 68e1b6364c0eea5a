"""What changed between two definitions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workflows.graphs import definition, node
from workflows.definition.comparing import ABSENT, Field, Wire, compare

START = node("start", "trigger")


def changes(before: Any, after: Any) -> dict[str, str]:
    return {one.id: one.change for one in compare(before, after).nodes}


def test_nodes_are_added_removed_changed_or_the_same() -> None:
    before = definition([START, node("a", values={"x": 1}), node("b")], "start > a > b")
    after = definition([START, node("a", values={"x": 2}), node("c")], "start > a > c")
    assert changes(before, after) == {
        "start": "same",
        "a": "changed",
        "c": "added",
        "b": "removed",
    }
    found = compare(before, after)
    assert found.nodes[1].fields == (Field("values.x", 1, 2),)
    assert found.wires_added == (Wire("A", "next", "C"),)
    assert found.wires_removed == (Wire("A", "next", "B"),)
    assert [found.count(one) for one in ("added", "removed", "changed", "same")] == [1, 1, 1, 1]
    assert not found.is_same


def test_a_definition_is_the_same_as_itself() -> None:
    whole = definition([START, node("a", values={"x": [1, {"y": None}]})], "start > a")
    found = compare(whole, whole)
    assert found.is_same
    assert found.wires_added == found.wires_removed == ()


def test_fields_are_told_by_their_paths_with_both_sides() -> None:
    before = node("a", to=["x@example.com"], body="Hi", deep={"gone": {}, "kept": 1})
    after = {**node("a", to=["x@example.com", "y@example.com"], body="", deep={"kept": 1}), "z": 3}
    [found] = compare(definition([before]), definition([{**after, "name": "Tell"}])).nodes
    assert found.fields == (
        Field("name", "A", "Tell"),
        Field("to[1]", ABSENT, "y@example.com"),
        Field("body", "Hi", ""),
        Field("node.z", ABSENT, 3),
        Field("deep.gone", {}, ABSENT),
    )


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, True), (0, None), ("", None), ("1", 1)])
def test_values_of_another_type_are_other_values(one: Any, other: Any) -> None:
    before, after = definition([node("a", x=one)]), definition([node("a", x=other)])
    assert changes(before, after) == {"a": "changed"}


def test_against_nothing_everything_is_added() -> None:
    found = compare(None, definition([START, node("a")], "start > a"))
    assert [one.change for one in found.nodes] == ["added", "added"]
    assert found.nodes[0].fields == (
        Field("name", ABSENT, "Start"),
        Field("kind", ABSENT, "trigger"),
        Field("start.type", ABSENT, "manual"),
    )


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        "text",
        {"nodes": 3, "wires": "x"},
        {"nodes": [None, 3, {}, {"id": 7}, {"id": "a"}, {"id": "a", "settings": [1]}]},
        {"nodes": [], "wires": [None, {"from": 1}, {"from": "a", "to": ["b"]}]},
    ],
)
def test_what_is_broken_is_compared_all_the_same(broken: Any) -> None:
    whole = definition([START, node("a")], "start > a")
    assert not compare(broken, whole).is_same
    assert not compare(whole, broken).is_same
    assert compare(broken, broken).is_same


def test_nodes_without_an_id_of_their_own_are_told_by_place() -> None:
    twice = {"nodes": [{"id": "a"}, {"id": "a", "name": "Second"}, {"name": "None"}]}
    assert [one.id for one in compare(None, twice).nodes] == ["a", "#2", "#3"]
