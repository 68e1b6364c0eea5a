"""How long runs are kept, that their keys rotate, and that they are walled."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from spojit.lib import clock
from tests.workflows import running
from tests.workflows.graphs import node
from workflows import lifecycle
from workflows.models import Approval, Pin, Revision, Run, Schedule, Step, Workflow
from workflows.runs import forgetting, values
from workspaces import isolation, lifecycle as workspaces, retention
from workspaces.vault.envelope import CannotOpen
from workspaces.vault.rotation import data_keys, sealed_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast

pytestmark = pytest.mark.django_db


def test_runs_are_forgotten_so_many_days_after_their_end(
    cast: Cast, set_clock: Callable[..., None]
) -> None:
    ended = running.ran(cast, [node("say", values={"is": 1})], "start > say")
    going = running.start(running.enabled(cast, [running.START], name="Other"))
    assert forgetting.past(clock.now()) == 0
    later = clock.now() + timedelta(days=settings.RUN_DAYS, minutes=1)
    assert forgetting.past(later) == 1
    with isolation.workspace(cast.workspace):
        assert list(Run.objects.all()) == [going]
        assert not Step.objects.filter(run_id=ended.pk).exists()


def test_an_approval_goes_with_its_run(cast: Cast) -> None:
    run = running.ran(cast, [node("say", values={"is": 1})], "start > say")
    with isolation.workspace(cast.workspace):
        Approval.objects.create(
            workspace=cast.workspace, run=run, place="ask", node_name="Ask", message="May it?",
            deadline_at=clock.now(),
        )  # fmt: skip
    assert forgetting.past(clock.now() + timedelta(days=settings.RUN_DAYS, minutes=1)) == 1
    with isolation.workspace(cast.workspace):
        assert not Approval.objects.exists()


def test_what_only_a_designer_needs_goes_with_its_workflow(cast: Cast) -> None:
    run = running.ran(cast, [node("say", values={"is": 1})], "start > say")
    with isolation.workspace(cast.workspace):
        workflow = Workflow.objects.get(pk=run.workflow_id)
        facts = {"workspace": cast.workspace, "workflow": workflow}
        Pin.objects.create(**facts, node_id="say", data_sealed=b"x", pinned_by_name="Bob")
        workflow.draft = Revision.objects.create(**facts, number=1, definition={}, said="Edited")
        workflow.save(update_fields=["draft"])
        Schedule.objects.create(**facts, cron="0 8 * * *", time_zone="UTC")
    lifecycle.remove(workflow, actor=cast.bob)
    with isolation.workspace(cast.workspace):
        left = [model.objects.count() for model in (Pin, Revision, Schedule, Run)]
        assert Workflow.objects.get(pk=workflow.pk).draft is None
    assert left == [0, 0, 0, 1]


def test_what_is_kept_is_registered() -> None:
    assert retention._purgers["runs"] is forgetting.past
    sealed_columns.refuse_unregistered()
    found = {(one.model, one.column) for one in sealed_columns.registered()}
    assert {(Run, "data_sealed"), (Run, "response_sealed"), (Step, "state_sealed")} <= found


def test_a_value_opens_in_its_own_place_only(cast: Cast) -> None:
    nodes = [node("a", values={"is": 1}), node("b", values={"is": 2})]
    run = running.ran(cast, nodes, "start > a > b")
    steps = running.steps(run)
    with pytest.raises(CannotOpen):
        values.open_(
            bytes(steps["a"].state_sealed or b""),
            workspace_id=run.workspace_id,
            table=values.STEP_TABLE,
            row=steps["b"].pk,
            purpose=values.STATE,
        )


def test_a_data_key_can_rotate_between_two_steps(
    cast: Cast, set_clock: Callable[..., None]
) -> None:
    nodes = [
        node("a", values={"is": "{{ trigger.n }}"}),
        node("pause", "delay", seconds=5),
        node("b", values={"is": "{{ a.is }} {{ trigger.n }}"}),
    ]
    run = running.ran(cast, nodes, "start > a > pause > b", data={"n": 1})
    list(data_keys.rotate_data_key(cast.workspace))
    set_clock(clock.now() + timedelta(seconds=6))
    assert running.work() == ["completed"]
    assert running.output(run, "b") == {"is": "1 1"}


def test_a_workspace_goes_with_its_workflows_runs_and_questions(cast: Cast) -> None:
    asking = node("ask", "approval", message="Yes?")
    run = running.start(running.enabled(cast, [asking], "start > ask"))
    assert running.work() == ["waiting"]
    workspaces.delete(cast.workspace, typed_name=cast.workspace.name, actor=cast.alice)
    with isolation.everything(reason="test"):
        assert not Run.objects.filter(pk=run.pk).exists()
        assert not Approval.objects.filter(run_id=run.pk).exists()
