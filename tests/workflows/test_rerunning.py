"""Running again: nothing that was done is done again, unless it is another one now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests import servers
from tests.connections import steps as connections_steps
from tests.workflows import running
from tests.workflows.graphs import definition, node
from tests.workflows.running import START, fresh, get, output, states, steps, work
from workflows import lifecycle, runs, versions
from workflows.models import Run
from workflows.runs import blamed, rerunning
from workflows.runs.rerunning import NothingFailed, StillRunning
from workflows.runs.starting import WorkflowDisabled
from workspaces import isolation
from workspaces.audit import Actor
from workspaces.models import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers import Received, Reply, Server

pytestmark = pytest.mark.django_db


@dataclass
class Shop:
    """A service, Bob's connection to it, and the paths that it refuses at the moment."""

    server: Server
    connection: Connection
    refused: set[str] = field(default_factory=set)

    def received(self) -> list[str]:
        """List what it was asked for since the last time."""
        found = [one.path for one in self.server.requests if one.path != "/me"]
        self.server.requests.clear()
        return found


@pytest.fixture
def shop(cast: Cast, reach: Callable[..., None]) -> Iterator[Shop]:
    refused: set[str] = set()

    def answer(received: Received) -> Reply:
        return servers.json_reply({"at": received.path}, 422 if received.path in refused else 200)

    with servers.recording(answer) as server:
        reach(server.port)
        yield Shop(server, connections_steps.connect(cast.workspace, server), refused)


def looped(shop: Shop, *, end: str = "{{ first.body.at }}", inner: str = "/in/") -> dict[str, Any]:
    """Define a loop of three rounds with a call in each, behind one that comes first."""
    nodes = [
        START,
        get("first", shop.connection),
        node("each", "loop", over="times", times=3),
        get("inner", shop.connection, arguments={"path": f"{inner}{{{{ item }}}}"}),
        node("end", values={"said": end}),
    ]
    return definition(nodes, "start > first > each.each > inner", "each.done > end")


def failed_in_a_loop(cast: Cast, shop: Shop) -> Run:
    made = lifecycle.create(cast.workspace, name="Flow", actor=cast.bob, definition=looped(shop))
    workflow = lifecycle.enable(made, actor=cast.bob)
    shop.refused.add("/in/2")
    run = running.start(workflow, {"n": 7})
    assert work() == ["failed"]
    assert shop.received() == ["/first", "/in/0", "/in/1", "/in/2"]
    return whole(run)


def whole(run: Run) -> Run:
    """Read a run with its workflow."""
    with isolation.workspace(run.workspace_id):
        found: Run = Run.objects.select_related("workflow__live").get(pk=run.pk)
        return found


def differs(run: Run) -> str:
    """Name the step at which the live version begins anew."""
    with isolation.workspace(run.workspace_id):
        return rerunning.plan(whole(run), version="live").differs


def test_from_the_start_all_is_done_again_with_the_same_data(cast: Cast, shop: Shop) -> None:
    nodes = [get("a", shop.connection, arguments={"path": "/{{ trigger.n }}"})]
    old = running.ran(cast, nodes, "start > a", data={"n": 7})
    made = runs.rerun(old, actor=cast.bob)
    assert (made.trigger, made.rerun_of_id, made.actor_id) == ("rerun", old.pk, cast.bob.pk)
    assert work() == ["completed"]
    assert shop.received() == ["/7", "/7"]
    with isolation.workspace(cast.workspace):
        event = AuditEvent.objects.get(act="run.repeated")
    assert event.subject_id == made.pk
    assert event.details == {"run": str(old.pk), "from_failed": False}


def test_from_the_failed_step_what_was_done_is_copied(cast: Cast, shop: Shop) -> None:
    old = failed_in_a_loop(cast, shop)
    shop.refused.clear()
    made = runs.rerun(old, actor=cast.bob, from_failed=True)
    assert {place: step.is_copied for place, step in steps(made).items()} == {
        "first": True,
        "each[0].inner": True,
        "each[1].inner": True,
    }
    assert work() == ["completed"]
    assert shop.received() == ["/in/2"]
    assert output(made, "end") == {"said": "/first"}  # a copy opens, though its row is another one
    assert output(made, "each") == {"rounds": 3, "failed": 0}
    assert states(old)["each[2].inner"] == "failed"


def test_the_live_version_keeps_what_is_the_same_in_it(cast: Cast, shop: Shop) -> None:
    old = failed_in_a_loop(cast, shop)
    shop.refused.clear()
    versions.save(old.workflow, definition=looped(shop, end="mended"), actor=cast.bob)
    assert differs(old) == ""
    made = runs.rerun(old, actor=cast.bob, from_failed=True, version="live")
    assert work() == ["completed"]
    assert shop.received() == ["/in/2"]
    assert output(made, "end") == {"said": "mended"}


def test_the_live_version_begins_at_the_first_step_that_differs(cast: Cast, shop: Shop) -> None:
    old = failed_in_a_loop(cast, shop)
    changed = looped(shop)
    changed["nodes"][1]["settings"]["arguments"] = {"path": "/other"}
    versions.save(old.workflow, definition=changed, actor=cast.bob)
    shop.refused.clear()
    assert differs(old) == "First"
    made = runs.rerun(old, actor=cast.bob, from_failed=True, version="live")
    assert steps(made) == {}
    assert work() == ["completed"]
    assert shop.received() == ["/other", "/in/0", "/in/1", "/in/2"]


def test_a_loop_whose_inside_differs_is_gone_through_again(cast: Cast, shop: Shop) -> None:
    nodes = [
        START,
        node("each", "loop", over="times", times=2),
        node("inner", values={"a": "1"}),
        get("end", shop.connection),
    ]
    paths = ("start > each.each > inner", "each.done > end")
    shop.refused.add("/end")
    run = running.ran(cast, nodes, *paths)
    nodes[2] = node("inner", values={"a": "2"})
    versions.save(whole(run).workflow, definition=definition(nodes, *paths), actor=cast.bob)
    shop.refused.clear()
    made = runs.rerun(run, actor=cast.bob, from_failed=True, version="live")
    assert steps(made) == {}
    assert work() == ["completed"]
    assert output(made, "each[1].inner") == {"a": "2"}


def test_a_failure_that_the_run_went_on_behind_is_kept(cast: Cast, shop: Shop) -> None:
    nodes = [
        get("may_fail", shop.connection, on_failure="continue"),
        get("must_not", shop.connection),
    ]
    shop.refused |= {"/may_fail", "/must_not"}
    run = running.ran(cast, nodes, "start > may_fail > must_not")
    assert shop.received() == ["/may_fail", "/must_not"]
    shop.refused.clear()
    made = runs.rerun(run, actor=cast.bob, from_failed=True)
    assert work() == ["completed"]
    assert shop.received() == ["/must_not"]
    assert states(made) == {"may_fail": "failed", "must_not": "completed"}


def test_what_cannot_be_repeated_is_refused_and_changes_nothing(cast: Cast) -> None:
    workflow = running.enabled(cast, [node("pause", "delay", seconds=100)], "start > pause")
    run = running.start(workflow)
    with pytest.raises(StillRunning):
        runs.rerun(run, actor=cast.bob)
    runs.cancel(run, actor=cast.bob)
    with pytest.raises(NothingFailed):
        runs.rerun(run, actor=cast.bob, from_failed=True)
    lifecycle.disable(workflow, actor=cast.bob)
    assert runs.rerun(run, actor=cast.bob).status == "queued"  # by hand, a disabled one's too
    lifecycle.remove(workflow, actor=cast.bob)
    with pytest.raises(WorkflowDisabled):
        runs.rerun(run, actor=cast.bob)
    with isolation.workspace(cast.workspace):
        assert Run.objects.count() == 2


def test_what_failed_for_a_connection_is_repeated_together_and_once(cast: Cast, shop: Shop) -> None:
    workflow = running.enabled(cast, [get("a", shop.connection)], "start > a")
    shop.refused.add("/a")
    others = [running.start(workflow)]
    assert work() == ["failed"]
    blamed_runs = [running.start(workflow) for _ in range(3)]
    work()
    with isolation.workspace(cast.workspace):
        mine = Run.objects.filter(pk__in=[run.pk for run in blamed_runs])
        assert set(mine.values_list("error_connection_id", flat=True)) == {shop.connection.pk}
        mine.update(error_outcome="credentials_refused")
        found = blamed.count(shop.connection)
    assert found is not None
    assert found.runs == 3
    shop.refused.clear()
    actor = Actor.of(cast.bob)
    assert blamed.rerun_all(shop.connection, actor=actor) == 3
    assert blamed.rerun_all(shop.connection, actor=actor) == 0
    with isolation.workspace(cast.workspace):
        again = Run.objects.filter(trigger="rerun").order_by("created_at", "id")
        assert [run.rerun_of_id for run in again] == [run.pk for run in blamed_runs]
        assert {run.priority for run in again} == {1}
        assert blamed.count(shop.connection) is None
    assert work() == ["completed"] * 3
    assert fresh(others[0]).status == "failed"
