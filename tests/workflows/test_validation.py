"""Saving checks everything, and says beside which node and field."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings as how, strategies as st

from tests.workflows.graphs import MANUAL, definition, node
from workflows.definition.settings import KINDS
from workflows.definition.surroundings import KnownConnection, Surroundings
from workflows.definition.validation import validate

if TYPE_CHECKING:
    from workflows.definition import Problem

SHOP, HOOK, OTHER, GONE, FLOW = (str(uuid.uuid4()) for _ in range(5))
AROUND = Surroundings(
    connections={
        SHOP: KnownConnection(SHOP, "GitHub - Production", "github", scopes=frozenset({"repo"})),
        OTHER: KnownConnection(OTHER, "Someone's", "github", may_bind=False),
        HOOK: KnownConnection(HOOK, "Orders", "spojit_webhook", is_inbound=True),
    },
    removed={GONE: "Old shop"},
    workflows={FLOW: "Cleaning up"},
    waited_for={},
)
CALL = {
    "connector": "http",
    "connection_id": "",
    "tool": "get",
    "arguments": {"path": "/orders/{{ trigger.id }}"},
}


def problems(
    nodes: list[dict[str, Any]], *paths: str, around: Surroundings = AROUND
) -> list[Problem]:
    return validate(definition(nodes, *paths), around)[1]


def told(found: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.path, problem.message) for problem in found]


def alone(kind: str, **settings: Any) -> list[Problem]:
    """List what is wrong with one node behind a trigger."""
    return problems([node("start", "trigger"), node("it", kind, **settings)], "start > it")


def test_a_whole_workflow_has_no_problems() -> None:
    found = problems(
        [
            node("start", "trigger", start={"type": "webhook", "connection_id": HOOK}),
            node("fetch", "connector", **CALL),
            node("each", "loop", items="{{ fetch.body.lines }}", item="line"),
            node("post", "connector", **CALL | {"arguments": {"path": "/{{ line.id }}"}}),
            node("check", "condition", expression="{{ fetch.status == 200 }}"),
            node("answer", "response", body={"id": "{{ trigger.body.id }}", "run": "{{ run.id }}"}),
        ],
        "start > fetch > each.each > post",
        "each.done > check.yes > answer",
    )

    assert told(found) == []


@pytest.mark.parametrize(
    ("whole", "message"),
    [
        (None, "A definition is an object of nodes and wires."),
        ([], "A definition is an object of nodes and wires."),
        ({"nodes": [], "wires": [], "more": 1}, "A definition is an object of nodes and wires."),
        ({"nodes": {}}, "nodes must be a list."),
        ({"nodes": [1]}, "A node has id, kind, name and settings only."),
        ({"nodes": [{"id": "A", "kind": "delay"}]}, "A node's ID has small letters, digits"),
        ({"nodes": [{"id": "a", "kind": "nope"}]}, "There is no such kind of node."),
        ({"wires": [{"from": "a"}]}, "A wire has from, output and to."),
        ({}, "Nothing starts this workflow."),
    ],
)
def test_what_is_no_definition_is_told(whole: Any, message: str) -> None:
    found = validate(whole, AROUND)[1]

    assert found[0].message.startswith(message)


def test_a_graph_that_cannot_run_is_told() -> None:
    nodes = [node("start", "trigger"), node("two", "trigger"), node("a"), node("b"), node("loose")]

    found = told(
        problems(nodes, "start > a > b > a", "two > b", "start > b", "a.nope > b", "a > x")
    )

    assert ("nodes[1]", "A workflow has one trigger.") in found
    assert ("nodes[4]", "Nothing leads to Loose.") in found
    assert ("nodes[2]", "These steps lead back to themselves: A, B.") in found
    assert ("wires[4]", "Two wires begin at next of Start.") in found
    assert ("wires[5]", "A has no output nope.") in found
    assert ("wires[6]", "A wire leads from or to a node that is not there.") in found


def test_wires_of_different_rooms_do_not_meet() -> None:
    nodes = [node("start", "trigger"), node("each", "loop", items="{{ trigger }}"), node("a")]

    found = problems(nodes, "start > each.each > a", "each.done > a")

    assert told(found) == [("nodes[2]", "Wires from different loops or branches meet at A.")]


def test_two_steps_have_no_name_in_common() -> None:
    nodes = [
        node("start", "trigger"),
        node("a", output="x"),
        node("x"),
        node("t", output="trigger"),
    ]

    found = problems(nodes, "start > a > x > t")

    assert {problem.field for problem in found} == {"output"}
    assert {problem.node_id for problem in found} >= {"a", "x", "t"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ nope.x }}", "There is no nope here."),
        ("{{ later.x }}", "later is not there yet when this step runs."),
        ("{{ it.x }}", "it is not there yet when this step runs."),
        ("{{ trigger.", "This expression cannot be read"),
        ("{{ trigger | nope }}", "There is no filter nope."),
    ],
)
def test_an_expression_names_earlier_steps_only(text: str, message: str) -> None:
    nodes = [node("start", "trigger"), node("it", values={"a": [text]}), node("later")]

    [found] = problems(nodes, "start > it > later")

    assert (found.path, found.field) == ("nodes[1].settings.values.a[0]", "values.a[0]")
    assert found.message.startswith(message)


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"connector": "nope"}, "connector", "Choose a connector."),
        ({"tool": "nope"}, "tool", "Choose what HTTP should do."),
        ({"arguments": {}}, "arguments.path", "The argument path is missing."),
        ({"arguments": {"path": 3}}, "arguments.path", "does not fit: it must be string"),
        ({"arguments": {"path": "/", "nope": 1}}, "arguments", "There is no argument 'nope'."),
        ({"connection_id": SHOP}, "connection_id", "through which HTTP can be called"),
        ({"connection_id": GONE}, "connection_id", "The connection Old shop was removed."),
        ({"connection_id": str(uuid.uuid4())}, "connection_id", "This connection is not here."),
        ({"attempts": 6}, "attempts", "less than or equal to 5"),
        ({"nope": 1}, "nope", "Extra inputs are not permitted"),
    ],
)
def test_a_connector_node_is_checked_whole(
    change: dict[str, Any], field: str, message: str
) -> None:
    found = alone("connector", **CALL | change)

    assert field in {problem.field for problem in found}
    assert any(message in problem.message for problem in found)
    assert all(problem.path.startswith("nodes[1].settings.") for problem in found)


def test_an_expression_may_give_what_the_schema_asks_for() -> None:
    github = {"connector": "github", "connection_id": SHOP, "tool": "create_issue"}
    arguments = {"owner": "a", "repo": "b", "title": "{{ trigger.title }}"}
    whole = alone("connector", **github, arguments=arguments | {"labels": "{{ trigger.labels }}"})
    mixed = alone("connector", **github, arguments=arguments | {"labels": "x {{ trigger.l }}"})

    assert told(whole) == []
    assert [problem.field for problem in mixed] == ["arguments.labels"]


def test_a_connection_is_needed_fits_and_may_be_bound() -> None:
    github = {
        "connector": "github",
        "tool": "list_issues",
        "arguments": {"owner": "a", "repo": "b"},
    }

    assert alone("connector", **github)[0].message == "Choose a connection to GitHub."
    [private] = alone("connector", **github, connection_id=OTHER)
    assert private.message == "You may not use Someone's, nor edit a step that does."
    before = github | {"connection_id": OTHER}
    bound = Surroundings(connections=AROUND.connections, bound_before={"it": [before]})
    nodes = [node("start", "trigger"), node("it", "connector", **before)]
    assert problems(nodes, "start > it", around=bound) == []
    edited = [node("start", "trigger"), node("it", "connector", **before, attempts=2)]
    assert [one.field for one in problems(edited, "start > it", around=bound)] == ["connection_id"]
    assert alone("connector", **github, connection_id=HOOK)[0].field == "connection_id"


@pytest.mark.parametrize(
    ("kind", "settings", "field"),
    [
        ("condition", {}, "expression"),
        ("loop", {}, "items"),
        ("loop", {"over": "times"}, "times"),
        ("loop", {"over": "while"}, "condition"),
        ("approval", {}, "message"),
        ("sub_workflow", {"workflow_id": str(uuid.uuid4())}, "workflow_id"),
        ("email", {"subject": "Hi"}, "to"),
        ("delay", {}, "seconds"),
        ("delay", {"seconds": 5, "until": "{{ trigger.at }}"}, "seconds"),
        ("parallel", {"branches": 11}, "branches"),
    ],
)
def test_each_kind_says_what_it_still_needs(
    kind: str, settings: dict[str, Any], field: str
) -> None:
    assert field in {problem.field for problem in alone(kind, **settings)}


@pytest.mark.parametrize(
    ("start", "field"),
    [
        ({"type": "webhook"}, "start.connection_id"),
        ({"type": "webhook", "connection_id": SHOP}, "start.connection_id"),
        ({"type": "schedule", "cron": "nope"}, "start.cron"),
        ({"type": "schedule", "cron": "0 0 30 2 *"}, "start.cron"),
        ({"type": "schedule", "cron": "0 8 * * *", "time_zone": "Mars/Base"}, "start.time_zone"),
    ],
)
def test_a_trigger_is_checked(start: dict[str, Any], field: str) -> None:
    [found] = problems([node("start", "trigger", start=start)])

    assert found.field == field


def test_one_workflow_is_waited_for_at_a_hook() -> None:
    start = {"type": "webhook", "connection_id": HOOK, "waits_seconds": 5}
    around = Surroundings(connections=AROUND.connections, waited_for={HOOK: "Order intake"})

    [found] = problems([node("start", "trigger", start=start)], around=around)

    assert found.message == "Whoever sends to Orders waits for Order intake already."


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
_IDS = st.sampled_from(["a", "b", "c", "d", "e"])
_SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "start": st.sampled_from([MANUAL["start"], {"type": "schedule", "cron": "* * * * *"}]),
        "values": st.just({"x": "{{ a.b | plus: 1 }}"}),
        "items": st.just("{{ b }}"),
        "branches": st.integers(-1, 12),
        "on_failure": st.sampled_from(["stop", "branch", "continue"]),
        "output": st.sampled_from(["x", "a", "trigger", "No"]),
        "connector": st.sampled_from(["http", "text", "nope"]),
        "tool": st.sampled_from(["get", "request"]),
        "arguments": _JSON,
    },
)
_NODES = st.lists(
    st.fixed_dictionaries(
        {"id": _IDS, "kind": st.sampled_from(sorted(KINDS))}, optional={"settings": _SETTINGS}
    ),
    max_size=7,
)
_OUTPUTS = st.sampled_from(["next", "yes", "no", "each", "done", "branch_1", "error", "nope"])
_WIRES = st.lists(
    st.fixed_dictionaries({"from": _IDS, "output": _OUTPUTS, "to": _IDS}), max_size=10
)


@how(max_examples=200, deadline=None)
@given(st.fixed_dictionaries({"nodes": _NODES, "wires": _WIRES}) | _JSON)
def test_no_definition_crashes_the_checks(whole: Any) -> None:
    graph, found = validate(whole, AROUND)

    for problem in found:
        assert problem.message.endswith((".", "?"))
    for one in graph.nodes:
        assert isinstance(graph.names_at(one.id), frozenset)
    json.dumps([problem.path for problem in found])
