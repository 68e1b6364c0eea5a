"""Trying a draft, whole or one step of it: what is taken as data, what is refused, what is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.connections import steps as connections_steps
from tests.workflows import running
from tests.workflows.graphs import definition, node
from tests.workflows.running import START, get, output, states, steps
from workflows import drafts, lifecycle, trying, versions
from workflows.models import Pin, Run, Version
from workflows.runs import forgetting
from workflows.runs.starting import BadInput
from workspaces import isolation
from workspaces.models import Membership

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers import Server
    from workflows.models import Workflow

pytestmark = pytest.mark.django_db

ITEMS = "{{ first.list }}"


def drafted(cast: Cast, nodes: list[dict[str, Any]], *paths: str, name: str = "Tried") -> Workflow:
    """Make a workflow, disabled and empty, whose draft is this."""
    workflow = lifecycle.create(cast.workspace, name=name, actor=cast.bob)
    edited(cast, workflow, nodes, *paths)
    return workflow


def edited(cast: Cast, workflow: Workflow, nodes: list[dict[str, Any]], *paths: str) -> None:
    whole = definition([START, *nodes], *paths)
    drafts.edit(workflow, lambda _: whole, said="Edited", actor=cast.bob)


def tried(cast: Cast, workflow: Workflow, node_id: str) -> Run:
    run = trying.try_step(workflow, node_id=node_id, actor=cast.bob)
    running.work()
    return running.fresh(run)


def run_draft(cast: Cast, workflow: Workflow, data: Any = None) -> Run:
    run = trying.run_draft(workflow, data=data, actor=cast.bob)
    running.work()
    return running.fresh(run)


def count(cast: Cast, model: type[Run | Version | Pin]) -> int:
    with isolation.workspace(cast.workspace):
        return int(model.objects.count())


def member(cast: Cast, user: Any) -> Membership:
    with isolation.workspace(cast.workspace):
        found: Membership = Membership.objects.get(workspace=cast.workspace, user=user)
        return found


def test_a_draft_runs_though_its_workflow_is_disabled_and_is_stored_once(cast: Cast) -> None:
    workflow = drafted(cast, [node("say", values={"n": "{{ trigger.n }}"})], "start > say")
    run = run_draft(cast, workflow, {"n": 3})
    again = run_draft(cast, workflow, {"n": 4})
    assert (run.status, run.is_trial, run.trigger, run.priority) == ("completed", True, "manual", 0)
    assert (output(run, "say"), output(again, "say")) == ({"n": 3}, {"n": 4})
    assert run.version_id == again.version_id != workflow.live_id
    with isolation.workspace(cast.workspace):
        assert Version.objects.get(pk=run.version_id).number is None
    edited(cast, workflow, [node("say", values={"n": 1})], "start > say")
    assert run_draft(cast, workflow).version_id != run.version_id
    assert versions.save(workflow, definition=lifecycle.EMPTY, actor=cast.bob).number == 2


def test_a_draft_with_problems_or_unfit_input_is_refused(cast: Cast) -> None:
    bad = [node("say", values={"n": "{{ nobody }}"}), node("loose")]
    workflow = drafted(cast, bad, "start > say")
    with pytest.raises(trying.DraftUnsound, match=r"has 2 problems. Nothing leads to Loose\."):
        trying.run_draft(workflow, data={}, actor=cast.bob)
    asks = node("start", "trigger", start={"type": "manual", "input": {"required": ["n"]}})
    whole = definition([asks])
    drafts.edit(workflow, lambda _: whole, said="Asked", actor=cast.bob)
    with pytest.raises(BadInput):
        trying.run_draft(workflow, data={}, actor=cast.bob)
    assert (count(cast, Run), count(cast, Version)) == (0, 1)


def test_a_step_is_tried_with_what_earlier_ones_gave_last(cast: Cast) -> None:
    nodes = [
        node("first", values={"n": "{{ trigger.n }}"}),
        node("second", values={"got": "{{ first.n }}", "by": "{{ trigger.n }}"}),
        node("third", values={"x": "{{ nobody }}"}),  # its problem is not the second one's
    ]
    path = "start > first > second"
    workflow = drafted(cast, nodes[:2], path)
    with pytest.raises(trying.NothingYet, match=r"no data of First yet\.") as refusal:
        trying.try_step(workflow, node_id="second", actor=cast.bob)
    assert refusal.value.hint == "Run the workflow once, or pin data to First."
    run_draft(cast, workflow, {"n": 1})
    run_draft(cast, workflow, {"n": 2})
    edited(cast, workflow, nodes, f"{path} > third")

    run = tried(cast, workflow, "second")
    assert (run.status, run.only_node_id) == ("completed", "second")
    assert states(run) == {"first": "completed", "second": "completed"}
    assert output(run, "second") == {"got": 2, "by": 2}
    assert {place: step.is_copied for place, step in steps(run).items()} == {
        "first": True,
        "second": False,
    }
    assert steps(run)["first"].shown == {"n": 2}


def test_pinned_data_counts_before_the_last_run_until_it_is_taken_away(cast: Cast) -> None:
    nodes = [node("first", values={"n": 1}), node("second", values={"got": "{{ first.n }}"})]
    workflow = drafted(cast, nodes, "start > first > second")
    run_draft(cast, workflow)
    trying.pin(workflow, node_id="first", data={"n": "old"}, actor=cast.bob)
    trying.pin(workflow, node_id="first", data={"n": "pinned"}, actor=cast.bob)
    assert output(tried(cast, workflow, "second"), "second") == {"got": "pinned"}
    assert output(run_draft(cast, workflow), "second") == {"got": 1}
    [(node_id, pin)] = trying.pinned(workflow).items()
    assert (node_id, pin.data, pin.by) == ("first", {"n": "pinned"}, str(cast.bob))
    with isolation.workspace(cast.workspace):
        assert b"pinned" not in bytes(Pin.objects.get().data_sealed)

    trying.unpin(workflow, node_id="first", actor=cast.bob)
    assert output(tried(cast, workflow, "second"), "second") == {"got": 1}
    with pytest.raises(trying.NoSuchStep):
        trying.pin(workflow, node_id="nobody", data=1, actor=cast.bob)


def test_what_is_pinned_to_the_trigger_is_what_it_brings(cast: Cast) -> None:
    workflow = drafted(cast, [node("say", values={"n": "{{ trigger.n }}"})], "start > say")
    trying.pin(workflow, node_id="start", data={"n": 9}, actor=cast.bob)
    assert output(tried(cast, workflow, "say"), "say") == {"n": 9}
    assert output(run_draft(cast, workflow), "say") == {"n": 9}
    assert output(run_draft(cast, workflow, {"n": 1}), "say") == {"n": 1}


def test_a_step_in_a_loop_is_tried_in_its_first_round(cast: Cast) -> None:
    nodes = [
        node("first", values={"list": ["a", "b"]}),
        node("each", "loop", over="each", items=ITEMS, item="one"),
        node("inner", values={"x": "{{ one }}{{ one_index }}"}),
        node("last", values={"y": "{{ inner.x }}{{ one }}"}),
    ]
    workflow = drafted(cast, nodes, "start > first > each.each > inner > last")
    run_draft(cast, workflow)
    run = tried(cast, workflow, "last")
    assert list(steps(run)) == ["each[0].inner", "first", "each[0].last"]
    assert output(run, "each[0].last") == {"y": "a0a"}
    trying.pin(workflow, node_id="each", data=["pinned"], actor=cast.bob)
    assert output(tried(cast, workflow, "inner"), "each[0].inner") == {"x": "pinned0"}
    trying.pin(workflow, node_id="each", data=[], actor=cast.bob)
    assert tried(cast, workflow, "inner").error_outcome == "empty_list"
    with pytest.raises(trying.CannotTry, match="Each does nothing of its own"):
        trying.try_step(workflow, node_id="each", actor=cast.bob)
    with pytest.raises(trying.CannotTry, match="Start starts the workflow"):
        trying.try_step(workflow, node_id="start", actor=cast.bob)
    with pytest.raises(trying.CannotTry, match="not in the draft"):
        trying.try_step(workflow, node_id="nobody", actor=cast.bob)


def test_a_tried_step_calls_and_what_it_gave_is_shown_and_used_next(
    cast: Cast, connection: Connection, server: Server
) -> None:
    nodes = [get("a", connection), node("say", values={"p": "{{ a.body.path }}"})]
    workflow = drafted(cast, nodes, "start > a > say")
    assert trying.last_shown(workflow, "a") is None
    run = tried(cast, workflow, "a")
    assert [one.path for one in server.requests if one.path != "/me"] == ["/a"]
    shown = trying.last_shown(workflow, "a")
    assert shown is not None
    assert (shown.run_id, shown.status, shown.outcome) == (run.pk, "completed", "ok")
    assert shown.input == {"path": "/a"}
    assert shown.output["body"] == {"path": "/a"}
    assert output(tried(cast, workflow, "say"), "say") == {"p": "/a"}
    assert len([one for one in server.requests if one.path == "/a"]) == 1


def test_nothing_of_a_private_connection_goes_to_others(cast: Cast, server: Server) -> None:
    mine = connections_steps.connect(cast.workspace, server, actor=cast.alice, is_private=True)
    whole = definition(
        [START, get("a", mine), node("say", values={"p": "{{ a.body }}"})], "start > a > say"
    )
    workflow = lifecycle.create(cast.workspace, name="Hers", actor=cast.alice, definition=whole)
    trying.run_draft(workflow, data={}, actor=cast.bob)  # as saved, it may be run by anybody
    running.work()
    trying.pin(workflow, node_id="a", data={"body": 1}, actor=cast.alice)

    for node_id in ("a", "say"):
        with pytest.raises(trying.PrivateConnection):
            trying.try_step(workflow, node_id=node_id, actor=cast.bob)
    with pytest.raises(trying.PrivateConnection):
        trying.pin(workflow, node_id="a", data={}, actor=cast.bob)
    with pytest.raises(trying.PrivateConnection):
        trying.unpin(workflow, node_id="a", actor=cast.bob)
    for viewer, is_hidden in ((cast.bob, True), (cast.vera, True), (cast.adam, False)):
        shown = trying.last_shown(workflow, "a", membership=member(cast, viewer))
        assert shown is not None
        assert (shown.is_hidden, shown.output is None, shown.input is None) == (is_hidden,) * 3
        pin = trying.pinned(workflow, membership=member(cast, viewer))["a"]
        assert (pin.is_hidden, pin.data is None) == (is_hidden,) * 2
    changed = definition([START, get("a", mine, arguments={"path": "/all"})], "start > a")
    drafts.edit(workflow, lambda _: changed, said="Changed", actor=cast.bob)
    with pytest.raises(trying.DraftUnsound, match="a private connection of Alice"):
        trying.run_draft(workflow, data={}, actor=cast.bob)
    assert trying.try_step(workflow, node_id="a", actor=cast.alice).is_trial


def test_a_draft_goes_with_the_last_run_of_it(cast: Cast, settings: Any) -> None:
    workflow = drafted(cast, [node("say")], "start > say")
    runs = [run_draft(cast, workflow) for _ in range(2)]
    settings.RUN_DAYS = 0
    with isolation.workspace(cast.workspace):
        Run.objects.filter(pk=runs[0].pk).update(finished_at=runs[0].created_at)
    finished = running.fresh(runs[1]).finished_at
    assert finished is not None
    assert (forgetting.past(finished), count(cast, Version)) == (1, 2)
    with isolation.workspace(cast.workspace):
        Run.objects.filter(pk=runs[1].pk).update(finished_at=runs[1].created_at)
    assert (forgetting.past(finished), count(cast, Version)) == (1, 1)
