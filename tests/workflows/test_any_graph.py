"""Whatever graph passes validation, and whatever it is given: a run of it ends, or waits."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, example, given, settings, strategies as st

from spojit.lib import clock
from spojit.lib.ids import new_id
from tests.proofs.sizes import sized
from workflows.definition.surroundings import Surroundings
from workflows.definition.validation import validate
from workflows.engine import alone
from workflows.engine.advance import COMPOSITES, advance
from workflows.engine.journal import Child, Entry, Owner
from workflows.engine.results import Failed, Waits
from workflows.engine.scope import Scope
from workflows.nodes import KINDS

if TYPE_CHECKING:
    from workflows.definition import Graph
    from workflows.engine.results import Done
    from workflows.engine.visit import Visit

MOST_WRITES = 3_000


class Enough(Exception):
    """A run that may go on for long was watched long enough."""


class Memory:
    """A journal without a database, which may die at its n-th write."""

    def __init__(self, dies_at: int = 0) -> None:
        self.owner = Owner(new_id(), new_id())
        self.entries: dict[str, Entry] = {}
        self.values: dict[str, Any] = {}
        self.children: dict[str, Child] = {}
        self.committed: list[str] = []
        self.dies_at = dies_at

    def entry(self, place: str) -> Entry | None:
        return self.entries.get(place)

    def value(self, place: str) -> Any:
        return self.values[place]

    def has_begun(self, place: str) -> bool:
        return any(one.startswith(f"{place}.") for one in self.entries)

    def begun(self, visit: Visit, value: Any = None) -> None:
        self._write(visit, "running", value)

    def completed(self, visit: Visit, done: Done, *, is_last: bool = False) -> None:
        self._write(visit, "completed", done.value, output=done.output)

    def failed(self, visit: Visit, failure: Failed) -> None:
        self._write(visit, "failed", None, outcome=failure.outcome)

    def waits(self, visit: Visit, waits: Waits) -> None:
        self._write(visit, "waiting", None, due_at=waits.until)

    def child(self, place: str) -> Child | None:
        return self.children.get(place)

    def start_child(self, visit: Visit, workflow_id: str, data: Any) -> Child:
        assert visit.place not in self.children, f"{visit.place} was started twice"
        status = "completed" if workflow_id == "good" else "failed"
        child = Child(new_id(), OTHERS[workflow_id], status, "No.", data)
        self.children[visit.place] = child
        self._may_die()
        return child

    def _may_die(self) -> None:
        self.dies_at -= 1
        if self.dies_at == 0:
            raise KeyboardInterrupt

    def _write(self, visit: Visit, status: str, value: Any, **more: Any) -> None:
        if len(self.committed) > MOST_WRITES:
            raise Enough
        self._may_die()
        known = self.entries.get(visit.place)
        assert known is None or not known.is_over, f"{visit.place} was done twice"
        self.entries[visit.place] = Entry(new_id(), status, attempts=1, **more)
        self.values[visit.place] = value
        self.committed.append(visit.place)


NAMES = ("trigger", "run", "workflow", "a", "b", "c", "d", "item", "item_index")
words = st.sampled_from(
    [
        *(f"{{{{ {name} }}}}" for name in NAMES),
        *(f"{{{{ {name}.x | default: 1 }}}}" for name in NAMES),
        "{{ trigger.list }}",
        "{{ trigger.list.size | times: 2 }}",
        "{% for n in trigger.list %}{{ n }}{% endfor %}",
        "{{ trigger.n | divided_by: 0 }}",
        "plain",
        "",
        "3",
        "2020-01-01",
    ]
)
plain = st.one_of(st.none(), st.booleans(), st.integers(-3, 5), words)
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
policies = st.sampled_from(["stop", "continue", "branch"])
OTHERS = {"good": "Good", "bad": "Bad"}
"""Other workflows: what they gave is there at once, or why they gave nothing."""

SETTINGS = {
    "transform": st.fixed_dictionaries(
        {"values": st.dictionaries(st.sampled_from("xyz"), values), "on_failure": policies}
    ),
    "condition": st.one_of(
        st.fixed_dictionaries({"expression": words}),
        st.fixed_dictionaries(
            {
                "comparisons": st.lists(
                    st.fixed_dictionaries(
                        {
                            "value": values,
                            "with": values,
                            "operator": st.sampled_from(
                                ["equals", "greater", "contains", "is_empty", "begins_with"]
                            ),
                        }
                    ),
                    min_size=1,
                    max_size=2,
                ),
                "match": st.sampled_from(["all", "any"]),
            }
        ),
    ),
    "loop": st.one_of(
        st.fixed_dictionaries({"items": values, "on_failure": policies, "most": st.integers(1, 5)}),
        st.fixed_dictionaries({"over": st.just("times"), "times": plain, "on_failure": policies}),
        st.fixed_dictionaries(
            {"over": st.just("while"), "condition": words, "most": st.integers(1, 4)}
        ),
    ),
    "parallel": st.fixed_dictionaries({"branches": st.integers(2, 3), "on_failure": policies}),
    "response": st.fixed_dictionaries({"body": values}),
    "delay": st.fixed_dictionaries({"until": words}),
    "sub_workflow": st.fixed_dictionaries(
        {"workflow_id": st.sampled_from(sorted(OTHERS)), "data": values, "on_failure": policies}
    ),
}
OUTPUTS = ("next", "yes", "no", "each", "done", "error", "branch_1", "branch_2", "branch_3")


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """Make nodes, each hung on an output of an earlier one, some on two."""
    nodes: list[dict[str, Any]] = [
        {"id": "start", "kind": "trigger", "settings": {"start": {"type": "manual"}}}
    ]
    free = [("start", "next")]
    wires: list[dict[str, str]] = []
    for node_id in ("a", "b", "c", "d")[: draw(st.integers(0, 4))]:
        if not free:
            break
        kind = draw(st.sampled_from(sorted(SETTINGS)))
        found = draw(SETTINGS[kind])
        nodes.append({"id": node_id, "kind": kind, "settings": found})
        begin, output = free.pop(draw(st.integers(0, len(free) - 1)))
        wires.append({"from": begin, "output": output, "to": node_id})
        free += [(node_id, name) for name in _outputs(kind, found)]
        meets = draw(st.booleans())
        if free and meets:
            begin, output = free.pop(draw(st.integers(0, len(free) - 1)))
            wires.append({"from": begin, "output": output, "to": node_id})
    return {"nodes": nodes, "wires": wires}


def _outputs(kind: str, found: dict[str, Any]) -> list[str]:
    names = {
        "condition": ["yes", "no"],
        "loop": ["each", "done"],
        "parallel": [*(f"branch_{n + 1}" for n in range(found.get("branches", 0))), "done"],
        "response": [],
    }.get(kind, ["next"])
    return [*names, "error"] if found.get("on_failure") == "branch" else names


datas = st.fixed_dictionaries(
    {"list": st.lists(st.integers(0, 3), max_size=4), "n": st.integers(), "x": values}
)


def outcome_of(graph: Graph, journal: Memory, data: Any) -> str:
    scope = Scope({"trigger": data, "run": {"id": "1"}, "workflow": {"name": "W"}})
    try:
        advance(graph, journal, KINDS, scope)
    except Failed as failure:
        return f"failed {failure.node_id}"
    except Waits as waits:
        return "waits" if waits.until > clock.now() else "waits for what is over"
    except Enough:
        return "enough"
    return "completed"


EMPTY = {"list": [], "n": 0, "x": None}


@given(definitions(), datas, st.integers(1, 40))
@example({"nodes": [], "wires": []}, EMPTY, 1)
@settings(
    max_examples=int(sized(60, 300)),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_a_run_of_any_sound_graph_ends_and_resumes_to_the_same_end(
    definition: dict[str, Any], data: Any, dies_at: int
) -> None:
    graph, problems = validate(definition, Surroundings(workflows=OTHERS))
    if problems:
        return
    whole, resumed = Memory(), Memory(dies_at)
    expected = outcome_of(graph, whole, data)
    try:
        first = outcome_of(graph, resumed, data)
    except KeyboardInterrupt:
        first = outcome_of(graph, resumed, data)
    assert first == expected != "waits for what is over"
    assert resumed.committed == whole.committed
    assert resumed.values == whole.values


@given(definitions(), datas, st.booleans())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_any_step_of_any_graph_is_tried_alone_and_does_only_itself(
    definition: dict[str, Any], data: Any, is_known: bool
) -> None:
    graph, problems = validate(definition, Surroundings(workflows=OTHERS))
    ran = Memory()
    if not problems:
        outcome_of(graph, ran, data)
    for node in graph.nodes:
        if node.kind in {"trigger", *COMPOSITES}:
            continue
        alone_in = Memory()
        for earlier in graph.earlier.get(node.id, ()) if is_known else ():
            place = alone.first_place(graph, earlier)
            if (entry := ran.entries.get(place)) and entry.status == "completed":
                alone_in.entries[place], alone_in.values[place] = entry, ran.values[place]
        scope = Scope({"trigger": data, "run": {"id": "1"}, "workflow": {"name": "W"}})
        with suppress(Failed, Waits):
            alone.do(graph, alone_in, KINDS, scope, node_id=node.id)
        assert set(alone_in.committed) <= {alone.first_place(graph, node.id)}
