"""The form of each kind of node: what nobody touched stays as it is, what is typed is read."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string

from tests.workflows.panels import sent
from workflows.definition import settings as kinds
from workflows.definition.graph import Node
from workflows.definition.problems import Problem
from workflows.definition.reading import read
from workflows.forms.steps import FORMS, codec
from workflows.forms.steps.connecting import ConnectorForm
from workflows.forms.steps.lines import Choices, Offer

CHOICES = Choices(
    hooks=(Offer("hook-1", "Shop"),),
    members=(Offer("user-1", "Alice"), Offer("user-2", "Bob")),
    addresses=(Offer("alice@example.com", "Alice"),),
    workflows=(Offer("other-1", "Other"),),
)
EVERYTHING = {
    "a": 1,
    "b": "text",
    "c": "7",
    "d": True,
    "e": "{{ x.y }}",
    "f": "",
    "g": 0.5,
    "h": "{not json",
}
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["age"],
}
RICH = {"type": "object", "properties": {"who": {"type": "string", "minLength": 2}}}
STORED: list[tuple[str, dict[str, Any]]] = [
    ("trigger", {"start": {"type": "manual"}}),
    ("trigger", {"start": {"type": "manual", "input": SCHEMA}}),
    ("trigger", {"start": {"type": "manual", "input": RICH}}),
    ("trigger", {"start": {"type": "webhook", "connection_id": "hook-1", "waits_seconds": 5}}),
    ("trigger", {"start": {"type": "webhook", "connection_id": "gone"}}),
    ("trigger", {"start": {"type": "schedule", "cron": "0 8 * * *", "time_zone": "Europe/Paris"}}),
    ("trigger", {"start": {"type": "schedule", "time_zone": "No/Where", "catches_up": True}}),
    ("connector", {}),
    ("connector", {"connector": "github", "connection_id": "c", "tool": "request",
                   "arguments": {"method": "GET", "path": "/{{ x }}", "query": {"page": 2},
                                 "body": {"deep": [{"list": None}]}},
                   "output": "repo", "attempts": 3, "timeout_seconds": 9, "on_failure": "branch"}),
    ("connector", {"connector": "github", "tool": "request", "arguments": {"method": "{{ m }}"}}),
    ("connector", {"connector": "nothing_like_it", "tool": "x", "arguments": {"a": 1}}),
    ("connector", {"connector": "text", "tool": "replace", "arguments": {"unknown": [1]}}),
    ("condition", {"expression": "{{ a.b > 1 }}"}),
    ("condition", {"match": "any", "comparisons": [
        {"value": "{{ a }}", "operator": "greater", "with": 5},
        {"value": "{{ a }}", "operator": "is_empty"}]}),
    ("condition", {"comparisons": [{"value": "two\nlines", "operator": "equals", "with": [1]}]}),
    ("loop", {"items": "{{ a.items }}", "item": "row", "most": 20, "on_failure": "continue"}),
    ("loop", {"over": "each", "items": [1, {"two": 2}]}),
    ("loop", {"over": "times", "times": 5}),
    ("loop", {"over": "while", "condition": "{{ more }}"}),
    ("parallel", {"branches": 3, "on_failure": "branch"}),
    ("transform", {"values": EVERYTHING, "output": "made"}),
    ("transform", {"values": {"deep": {"a": [1, 2]}, "none": None}}),
    ("approval", {"message": "Pay {{ a }}?\n\nReally?", "approvers": ["user-2", "left"],
                  "deadline_seconds": 90}),
    ("approval", {"deadline_seconds": 7200, "output": "said"}),
    ("sub_workflow", {"workflow_id": "other-1", "data": {"a": ["{{ b }}"]}, "output": "sub"}),
    ("sub_workflow", {"workflow_id": "gone", "data": "{{ a }}"}),
    ("email", {"to": ["{{ who }}", "alice@example.com", "old@example.com"], "subject": "Hi",
               "body": "a\n\n  b  \n"}),
    ("response", {"status": 201, "body": [1, "2"], "headers": {"X-Count": "5"}}),
    ("response", {"body": "{{ a }}", "headers": {"X": "{{ b }}"}}),
    ("response", {"body": "not { json", "headers": "wrong"}),
    ("delay", {"seconds": 5400}),
    ("delay", {"until": "{{ a.at }}"}),
    ("loop", {"most": "many", "strange": 1}),
]  # fmt: skip


def node_of(kind: str, given: dict[str, Any]) -> Node:
    try:
        settings = kinds.KINDS[kind].model_validate(given)
    except ValueError:
        whole = {"nodes": [{"id": "step", "kind": kind, "settings": given}], "wires": []}
        settings = read(whole)[0].nodes[0].settings
    return Node("step", kind, "Step", settings, given, 0)


def drawn(kind: str, given: dict[str, Any]) -> str:
    form = FORMS[kind](node=node_of(kind, given), choices=CHOICES)
    shown: dict[str, Any] = {"form": form, "panel": {"node": form.node, "tab": "settings"}}
    if isinstance(form, ConnectorForm):
        shown |= {"connector": form.connector, "tool": form.tool, "needs_connection": "none"}
    return render_to_string("workflows/panel/_settings.html", shown)


def typed(kind: str, given: dict[str, Any], **values: Any) -> Any:
    data = sent(drawn(kind, given), **values)
    return FORMS[kind](data, node=node_of(kind, given), choices=CHOICES)


def after(kind: str, given: dict[str, Any], **values: Any) -> dict[str, Any]:
    form = typed(kind, given, **values)
    assert form.is_valid(), form.errors
    return form.settings  # type: ignore[no-any-return]


@pytest.mark.parametrize(("kind", "given"), STORED)
def test_what_nobody_touched_keeps_its_value(kind: str, given: dict[str, Any]) -> None:
    hidden: dict[str, Any] = {}
    if kind == "connector":  # whose connection is drawn from rows
        hidden = {"connection_id": given.get("connection_id")}
        if "tool" in given and ConnectorForm(node=node_of(kind, given)).connector is None:
            hidden |= {"connector": given["connector"], "tool": given["tool"]}
    data = sent(drawn(kind, given), **hidden)
    data["name"] = "Another"
    form = FORMS[kind](data, node=node_of(kind, given), choices=CHOICES)
    assert form.is_valid(), form.errors
    assert form.settings == given
    assert form.step_name == "Another"


@pytest.mark.parametrize(
    "value",
    ["a", "", "7", " 7", "true", "null", '"', "{{ a }}", "{", "a\nb", 7, 0.5, None, True, [], {},
     [1, {"a": None}], "{{ a }} and {b", " "],
)  # fmt: skip
def test_a_value_is_read_as_it_is_shown(value: Any) -> None:
    shown = codec.show(value)
    assert codec.read(shown.replace("\n", "\r\n")) == (value if value != "" else codec.read(shown))
    assert type(codec.read(shown)) is type(value)


def test_each_kind_reads_what_is_typed() -> None:
    rows = {"start.input.name": ["city", ""], "start.input.type": ["string", "number"],
            "start.input.required": ["yes", "no"]}  # fmt: skip
    city = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    manual = {"start": {"type": "manual"}}
    assert after("trigger", manual, **rows) == {"start": {"type": "manual", "input": city}}
    clock = {"start.type": "schedule", "start.cron": "5 4 * * *", "start.time_zone": "Asia/Tokyo",
             "start.catches_up": "on"}  # fmt: skip
    assert after("trigger", manual, **clock)["start"] == {
        "type": "schedule", "cron": "5 4 * * *", "time_zone": "Asia/Tokyo", "catches_up": True,
    }  # fmt: skip
    compared = {"comparisons.value": ["{{ a }}", ""], "comparisons.operator": ["less", "equals"],
                "comparisons.with": ["5", ""], "match": "any"}  # fmt: skip
    assert after("condition", {"expression": "{{ x }}"}, by="comparisons", **compared) == {
        "match": "any", "comparisons": [{"value": "{{ a }}", "operator": "less", "with": 5}],
    }  # fmt: skip
    assert after("loop", {}, over="times", times="3") == {"over": "times", "times": 3}
    assert after("parallel", {}, branches="4") == {"branches": 4}
    pairs = {"values.name": ["n", "t", ""], "values.value": ["5", "{{ a }}", ""]}
    assert after("transform", {}, **pairs) == {"values": {"n": 5, "t": "{{ a }}"}}
    as_json = {"mode:values": "on", "code:values": '{"deep": [1]}'}
    assert after("transform", {"values": {"n": 5}}, **as_json) == {"values": {"deep": [1]}}
    asked = {"approvers": ["user-1"], "deadline_seconds": "2", "unit:deadline_seconds": "3600"}
    assert after("approval", {}, **asked) == {"approvers": ["user-1"], "deadline_seconds": 7200}
    both = {"to": ["alice@example.com"], "more:to": "{{ who }}"}
    assert after("email", {}, **both) == {"to": ["alice@example.com", "{{ who }}"]}
    assert after("delay", {"seconds": 60}, how="until", until="{{ at }}") == {"until": "{{ at }}"}
    assert after("response", {"body": 1}, body="") == {}
    assert after("sub_workflow", {}, workflow_id="other-1") == {"workflow_id": "other-1"}


def test_arguments_are_typed_by_the_schema_or_given_as_expressions() -> None:
    given = {"connector": "github", "tool": "request", "arguments": {"method": "GET"}}
    changed = after("connector", given, **{"arguments.path": "/a", "arguments.method": "POST"})
    assert changed["arguments"] == {"method": "POST", "path": "/a"}
    expression = {"mode:arguments.method": "on", "code:arguments.method": "{{ how }}"}
    assert after("connector", given, **expression)["arguments"] == {"method": "{{ how }}"}
    back = {"mode:arguments.method": None, "arguments.method": ""}
    stored = given | {"arguments": {"method": "{{ how }}"}}
    assert after("connector", stored, **back)["arguments"] == {}


def test_another_connector_lets_go_of_what_belonged_to_the_one_before() -> None:
    given = {"connector": "github", "connection_id": "c", "tool": "request",
             "arguments": {"method": "GET"}, "attempts": 2}  # fmt: skip
    chosen = after("connector", given, choose_connector="text", connection_id="c")
    assert chosen == {"connector": "text", "attempts": 2}
    other = after("connector", given, tool="list_repositories", connection_id="c")
    assert (other["tool"], other["arguments"]) == ("list_repositories", {})


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("response", {"body": "{broken"}, "body"),
        ("response", {"status": "many"}, "status"),
        ("loop", {"most": "x"}, "most"),
        ("transform", {"values.name": ["a", "a"], "values.value": ["1", "2"]}, "values"),
        ("transform", {"values.name": [""], "values.value": ["1"]}, "values"),
        ("trigger", {"start.input.name": ["a", "a"], "start.input.type": ["string", "string"],
                     "start.input.required": ["no", "no"]}, "start.input"),
        ("condition", {"comparisons.value": ["{x"], "comparisons.operator": ["equals"],
                       "comparisons.with": [""]}, "comparisons"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_beside_its_input(
    kind: str, values: dict[str, Any], field: str
) -> None:
    form = typed(kind, {}, **values)
    assert list(form.errors) == [field]


def test_a_lone_name_is_shown_with_what_the_last_run_had_there() -> None:
    given = {"connector": "github", "tool": "request",
             "arguments": {"method": "{{ a.how }}", "path": "{{ a.path }}/x"}}  # fmt: skip
    form = FORMS["connector"](node=node_of("connector", given))
    form.sample({"a.how": "GET", "a.path": "/p"})
    samples = {line.key: line.sample for line in form.lines if line.sample}
    assert samples == {"arguments.method": "GET"}


def test_each_problem_stands_beside_its_input() -> None:
    form = FORMS["condition"](node=node_of("condition", {}), choices=CHOICES)
    told = [
        Problem("p", "step", "comparisons[1].value", "first"),
        Problem("p", "step", "expression", "second"),
        Problem("p", "step", "", "third"),
    ]
    left = form.tell(told)
    beside = {line.key: [one.message for one in line.problems] for line in form.lines}
    assert beside == {"by": [], "comparisons": ["first"], "match": [], "expression": ["second"]}
    assert [one.message for one in left] == ["third"]
