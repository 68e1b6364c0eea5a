"""Starting runs: what is refused, what is written, and by what they are started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connections.inbound import again, handing
from spojit.lib import clock
from tests.connections import webhooks
from tests.workflows import running
from tests.workflows.graphs import definition, node
from workflows import lifecycle, runs, versions
from workflows.models import Run
from workflows.runs.starting import BadInput, NothingLive, WorkflowDisabled
from workflows.runs.values import TooLarge
from workspaces import isolation

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast
    from workflows.models import Workflow

pytestmark = pytest.mark.django_db


def all_runs(cast: Cast) -> list[Run]:
    with isolation.workspace(cast.workspace):
        return list(Run.objects.order_by("created_at", "id"))


def test_a_run_is_written_with_who_started_it_and_its_data_sealed(cast: Cast) -> None:
    workflow = running.enabled(cast, [running.START])
    run = runs.start(workflow, trigger="manual", data={"secret": "tell nobody"}, actor=cast.bob)
    assert (run.status, run.trigger, run.actor_name) == ("queued", "manual", str(cast.bob))
    assert (run.version_id, run.priority) == (workflow.live_id, 0)
    assert run.data_sealed is not None
    assert b"tell nobody" not in run.data_sealed


def test_what_is_disabled_deleted_or_not_live_starts_nothing(cast: Cast) -> None:
    workflow = running.enabled(cast, [running.START])
    lifecycle.disable(workflow, actor=cast.bob)
    with pytest.raises(WorkflowDisabled):
        running.start(workflow)
    lifecycle.enable(workflow, actor=cast.bob)
    lifecycle.remove(workflow, actor=cast.bob)
    with pytest.raises(WorkflowDisabled):
        running.start(workflow)
    draft = lifecycle.create(cast.workspace, name="Draft", actor=cast.bob, definition={"nodes": []})
    with pytest.raises(NothingLive):
        running.start(draft)
    assert all_runs(cast) == []


def test_manual_input_must_fit_what_the_trigger_asks_for(cast: Cast) -> None:
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    trigger = node("start", "trigger", start={"type": "manual", "input": schema})
    workflow = running.enabled(cast, [trigger])
    unfit: list[Any] = [{}, {"n": "1"}, None, []]
    for data in unfit:
        with pytest.raises(BadInput, match="The input does not fit"):
            runs.start(workflow, trigger="manual", data=data)
    assert running.start(workflow, {"n": 1}).status == "queued"


def test_a_schema_that_would_hold_a_worker_is_refused(cast: Cast) -> None:
    trigger = node("start", "trigger", start={"type": "manual", "input": {"type": 3}})
    workflow = running.enabled(cast, [trigger])
    with pytest.raises(BadInput):
        runs.start(workflow, trigger="manual", data={})


def test_more_than_a_run_may_carry_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.runs.values.MOST_BYTES", 10)
    workflow = running.enabled(cast, [running.START])
    with pytest.raises(TooLarge):
        runs.start(workflow, trigger="manual", data={"text": "x" * 20})
    assert all_runs(cast) == []


def test_a_run_keeps_the_version_that_it_started_with(cast: Cast) -> None:
    workflow = running.enabled(cast, [node("say", values={"is": "old"})], "start > say")
    run = running.start(workflow)
    newer = definition([running.START, node("say", values={"is": "new"})], "start > say")
    versions.save(workflow, definition=newer, actor=cast.bob)
    running.work()
    assert running.output(run, "say") == {"is": "old"}


@pytest.fixture
def webhook(cast: Cast) -> Connection:
    """A webhook connection."""
    return webhooks.make_webhook(cast.workspace)


def listening(cast: Cast, webhook: Connection, name: str) -> Workflow:
    """Make an enabled workflow that its deliveries start."""
    trigger = node("start", "trigger", start={"type": "webhook", "connection_id": str(webhook.pk)})
    values = {"order": "{{ trigger.body.order }}", "by": "{{ trigger.delivery.id }}"}
    return running.enabled(cast, [trigger, node("say", values=values)], "start > say", name=name)


def hand_over() -> None:
    while handing.hand_over(now=clock.now()):
        pass


def test_a_delivery_starts_each_enabled_workflow_once(cast: Cast, webhook: Connection) -> None:
    first, second = (listening(cast, webhook, name) for name in ("First", "Second"))
    off = listening(cast, webhook, "Off")
    lifecycle.disable(off, actor=cast.bob)
    webhooks.deliver(webhook, b'{"order": 7}', delivery_id="one")
    webhooks.deliver(webhook, b'{"order": 7}', delivery_id="one")
    webhooks.deliver(webhook, headers={})
    hand_over()
    hand_over()

    [delivery] = [row for row in webhooks.deliveries(webhook) if row.is_accepted]
    started = all_runs(cast)
    assert [run.workflow_id for run in started] == [first.pk, second.pk]
    assert {(run.trigger, run.delivery_id, run.priority) for run in started} == {
        ("webhook", delivery.pk, 1)
    }
    assert running.work() == ["completed", "completed"]
    assert running.output(started[0], "say") == {"order": 7, "by": str(delivery.pk)}


def test_what_a_draft_listens_to_starts_nothing(cast: Cast, webhook: Connection) -> None:
    workflow = running.enabled(cast, [running.START])
    trigger = node("start", "trigger", start={"type": "webhook", "connection_id": str(webhook.pk)})
    draft: dict[str, Any] = definition([trigger, node("loose")])
    versions.save(workflow, definition=draft, actor=cast.bob)
    webhooks.deliver(webhook)
    hand_over()
    assert all_runs(cast) == []


def test_a_delivery_whose_hand_over_fails_starts_its_run_once_all_the_same(
    cast: Cast, webhook: Connection
) -> None:
    listening(cast, webhook, "First")
    webhooks.deliver(webhook)
    stumbles = [True]

    def stumble(_delivery: Any) -> None:
        if stumbles.pop():
            raise LookupError("afterwards")

    before = list(handing._listeners)
    handing._listeners.append(stumble)
    try:
        with pytest.raises(LookupError):
            hand_over()
        assert all_runs(cast) == []
        stumbles.append(False)
        handing.hand_over(now=clock.now() + handing.AGAIN_AFTER * 4)
    finally:
        handing._listeners[:] = before
    assert len(all_runs(cast)) == 1


def test_a_delivery_that_is_too_large_for_a_run_starts_nothing_and_is_handed_over(
    cast: Cast, webhook: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening(cast, webhook, "First")
    monkeypatch.setattr("workflows.runs.values.MOST_BYTES", 10)
    webhooks.deliver(webhook)

    hand_over()

    assert all_runs(cast) == []
    assert [row.is_handed_over for row in webhooks.deliveries(webhook)] == [True]


def test_a_delivery_that_is_delivered_again_starts_another_run(
    cast: Cast, webhook: Connection
) -> None:
    listening(cast, webhook, "First")
    webhooks.deliver(webhook)
    hand_over()
    [delivery] = webhooks.deliveries(webhook)
    with isolation.workspace(cast.workspace):
        again.deliver_again(delivery, actor=cast.bob)
    hand_over()
    assert len(all_runs(cast)) == 2
