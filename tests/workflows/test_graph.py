"""Graphs: where each node stands, and what it may name."""

from __future__ import annotations

from tests.workflows.graphs import definition, node
from workflows.definition import Graph, read


def graph_of(nodes: list[dict[str, object]], *paths: str) -> Graph:
    graph, problems = read(definition(nodes, *paths))
    assert problems == []
    return graph


def nested() -> Graph:
    return graph_of(
        [
            node("start", "trigger"),
            node("fetch"),
            node("each", "loop", items="{{ fetch.items }}", item="line"),
            node("side", "parallel", branches=2),
            node("a"),
            node("b"),
            node("after"),
            node("check", "condition", expression="{{ fetch.ok }}"),
            node("yes"),
            node("end"),
        ],
        "start > fetch > each.each > side.branch_1 > a",
        "side.branch_2 > b",
        "side.done > after",
        "each.done > check.yes > yes > end",
        "check.no > end",
    )


def test_nodes_stand_in_the_rooms_of_loops_and_branches() -> None:
    rooms = {i: [tuple(room) for room in found] for i, found in nested().rooms.items()}

    assert rooms["fetch"] == []
    assert rooms["side"] == [("each", "each")]
    assert rooms["b"] == [("each", "each"), ("side", "branch_2")]
    assert rooms["after"] == [("each", "each")]
    assert rooms["end"] == []


def test_a_node_names_what_leads_to_it_and_no_more() -> None:
    graph = nested()

    assert graph.names_at("start") == set()
    assert graph.names_at("fetch") == {"trigger"}
    within = {"trigger", "fetch", "each", "line", "line_index"}
    assert graph.names_at("a") == within | {"side"}
    assert graph.names_at("after") == within | {"side", "a", "b"}
    assert graph.names_at("end") == {"trigger", "fetch", "each", "check", "yes"}


def test_an_order_has_each_node_behind_what_leads_to_it() -> None:
    order = nested().order

    assert len(order) == 10
    assert order.index("start") < order.index("fetch") < order.index("each")
    assert order.index("yes") < order.index("end")


def test_a_step_may_be_named_otherwise() -> None:
    graph = graph_of(
        [node("start", "trigger"), node("one", output="order"), node("two")], "start > one > two"
    )

    assert graph.names_at("two") == {"trigger", "order"}


def test_what_hangs_on_an_output_is_found() -> None:
    graph = nested()

    assert graph.after("check", "yes") == "yes"
    assert graph.after("each", "each") == "side"
    assert graph.after("end", "next") is None


def test_a_graph_with_a_cycle_still_has_an_order_of_the_rest() -> None:
    graph = graph_of([node("start", "trigger"), node("a"), node("b")], "start > a > b", "b > a")

    assert graph.order == ("start",)
    assert set(graph.rooms) == {"start"}
