"""Failures: told once until the workflow completes again, and handed to the error workflow."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connections as databases

from connections import lifecycle as connecting
from connections.models import Delivery
from spojit.lib import clock
from tests import servers
from tests.connections import steps as connections_steps
from tests.factories import make_connection, make_member, scope
from tests.workflows import running
from tests.workflows.graphs import definition, node
from tests.workflows.running import get, output
from workflows import failures, lifecycle, runs
from workflows.models import Run, Workflow
from workflows.runs import ending, starting, values
from workflows.triggers import webhook
from workspaces import isolation, notices
from workspaces.models import Membership, Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast
    from tests.servers import Received, Reply

pytestmark = pytest.mark.django_db

WEAK = [node("weak", values={"n": "{{ trigger.n.deep }}"})]
GOOD = {"n": {"deep": 1}}


def weak(cast: Cast, name: str = "Orders", **more: Any) -> Workflow:
    workflow = running.enabled(cast, WEAK, "start > weak", name=name)
    if more:
        with isolation.workspace(cast.workspace):
            Workflow.objects.filter(pk=workflow.pk).update(**more)
    return workflow


def told(cast: Cast, prefix: str = "failing:", *, is_open: bool = True) -> list[Notice]:
    with isolation.workspace(cast.workspace):
        rows = Notice.objects.filter(key__startswith=prefix, closed_at__isnull=is_open)
        return list(rows.select_related("user").order_by("user__name", "pk"))


def started(workflow: Workflow) -> list[Run]:
    with isolation.workspace(workflow.workspace_id):
        return list(Run.objects.filter(workflow=workflow).order_by("created_at", "pk"))


def failing_since(workflow: Workflow) -> Any:
    with isolation.workspace(workflow.workspace_id):
        return Workflow.objects.get(pk=workflow.pk).failing_since


def test_the_first_failure_is_told_and_the_next_once_it_worked_between(cast: Cast) -> None:
    workflow = weak(cast)
    first = running.start(workflow, {"n": 1})
    running.start(workflow, {"n": 2})
    assert running.work() == ["failed", "failed"]
    rows = told(cast)
    assert [row.user.name for row in rows] == ["Adam", "Alice", "Bob"]
    run = running.fresh(first)
    assert rows[0].title == "Orders failed"
    assert rows[0].text.startswith(f"At the step Weak: {run.error_sentence}")
    assert rows[0].path in {one.get_absolute_url() for one in _loaded(started(workflow))}
    assert failing_since(workflow) is not None
    notices.mail_waiting(now=clock.now())
    assert sorted(message.to[0] for message in mail.outbox) == sorted(
        person.email for person in (cast.alice, cast.adam, cast.bob)
    )

    running.start(workflow, GOOD)
    assert running.work() == ["completed"]
    assert (told(cast), failing_since(workflow)) == ([], None)
    assert len(told(cast, is_open=False)) == 3
    running.start(workflow, {"n": 3})
    running.work()
    assert len(told(cast)) == 3


def _loaded(rows: list[Run]) -> list[Run]:
    with isolation.everything(reason="test"):
        return list(Run.objects.filter(pk__in=[row.pk for row in rows]).select_related("workspace"))


def test_the_notice_names_node_connection_reason_and_remedy(
    cast: Cast, reach: Callable[..., None]
) -> None:
    def answer(received: Received) -> Reply:
        return servers.json_reply({}, 200 if received.path == "/me" else 403)

    with servers.recording(answer) as server:
        reach(server.port)
        shop = connections_steps.connect(cast.workspace, server, name="Shop", actor=cast.bob)
        workflow = running.enabled(cast, [get("a", shop)], "start > a", name="Sales")
        running.start(workflow)
        assert running.work() == ["failed"]
    text = told(cast)[0].text
    assert text.startswith("At the step A, through Shop: ")
    assert "Give the key the permission that the connector names" in text
    assert started(workflow)[0].error_connection_id == shop.pk
    connecting.set_private(shop, is_private=True, actor=cast.bob)
    with isolation.workspace(cast.workspace):
        named = failures.connection_name(cast.workspace, shop.pk)
    assert named == f"a private connection of {cast.bob}"


def test_trials_children_and_cancelled_runs_tell_nobody(cast: Cast) -> None:
    workflow = weak(cast)
    trial, cancelled = running.start(workflow, {}), running.start(workflow, {})
    with isolation.workspace(cast.workspace):
        Run.objects.filter(pk=trial.pk).update(is_trial=True)
    runs.cancel(cancelled, actor=cast.bob)
    assert running.work() == ["failed"]
    assert (told(cast), failing_since(workflow)) == ([], None)
    calling = node("sub", "sub_workflow", workflow_id=str(workflow.pk), on_failure="continue")
    running.start(running.enabled(cast, [calling], "start > sub", name="Parent"))
    while running.work():
        pass
    assert told(cast) == []


def test_a_trial_that_completes_ends_no_failure(cast: Cast) -> None:
    workflow = weak(cast)
    running.start(workflow, {})
    running.work()
    trial = running.start(workflow, GOOD)
    with isolation.workspace(cast.workspace):
        Run.objects.filter(pk=trial.pk).update(is_trial=True)
    assert running.work() == ["completed"]
    assert len(told(cast)) == 3


def test_who_left_is_not_told_and_who_is_new_is_no_caretaker(cast: Cast) -> None:
    workflow = weak(cast)
    make_member(cast.workspace, name="Ben")
    with isolation.workspace(cast.workspace):
        Membership.objects.filter(user=cast.bob).delete()
        assert {user.name for user in failures.caretakers(workflow)} == {"Alice", "Adam"}


@pytest.mark.django_db(transaction=True)
def test_of_many_that_fail_at_once_one_is_told(cast: Cast) -> None:
    workflow = weak(cast)
    for _ in range(12):
        running.start(workflow, {})
    ended: list[str] = []

    def work() -> None:
        while found := running.work(most=1):
            ended.extend(found)
        databases.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == ["failed"] * 12
    assert len(told(cast)) == 3


# -- The error workflow -------------------------------------------------------------------------


def handler(cast: Cast, name: str = "Alarm", *, is_weak: bool = False) -> Workflow:
    values_ = {"at": "{{ trigger.run.error.node }}", "why": "{{ trigger.run.error.outcome }}"}
    values_ |= {"bad": "{{ trigger.nope.deep }}"} if is_weak else {}
    whole = definition([running.START, node("say", values=values_)], "start > say")
    return lifecycle.create(cast.workspace, name=name, actor=cast.bob, definition=whole)


def test_the_error_workflow_is_started_once_a_failed_run(cast: Cast) -> None:
    alarm = handler(cast)
    workflow = weak(cast, error_workflow=alarm)
    run = running.start(workflow, {})
    running.start(workflow, GOOD)
    assert running.work() == ["failed", "completed"]
    [error_run] = started(alarm)
    assert (error_run.trigger, error_run.status) == ("failure", "queued")
    assert running.work() == ["completed"]
    assert output(error_run, "say") == {"at": "Weak", "why": "expression_failed"}
    told_ = values.open_(
        error_run.data_sealed,
        workspace_id=run.workspace_id,
        table=values.RUN_TABLE,
        row=error_run.pk,
        purpose=values.DATA,
    )
    assert told_ == {
        "run": {
            "id": str(run.pk),
            "url": f"{settings.PUBLIC_URL}/w/{cast.workspace.slug}/runs/{run.pk}/",
            "workflow": "Orders",
            "error": {
                "node": "Weak",
                "outcome": "expression_failed",
                "sentence": running.fresh(run).error_sentence,
                "connection": "",
            },
        }
    }


def test_failures_of_error_workflows_start_none(cast: Cast) -> None:
    second = handler(cast, "Second")
    first = handler(cast, "First", is_weak=True)
    inner = weak(cast, "Inner", error_workflow=first)
    calling = node("sub", "sub_workflow", workflow_id=str(inner.pk))
    with isolation.workspace(cast.workspace):
        Workflow.objects.filter(pk=first.pk).update(error_workflow=second)
    workflow = weak(cast, error_workflow=first)
    running.start(workflow, {})
    while running.work():
        pass
    assert [run.status for run in started(first)] == ["failed"]
    assert started(second) == []

    whole = definition([running.START, calling], "start > sub")
    circle = lifecycle.create(cast.workspace, name="Circle", actor=cast.bob, definition=whole)
    with isolation.workspace(cast.workspace):
        Workflow.objects.filter(pk__in=[inner.pk, workflow.pk]).update(error_workflow=circle)
    running.start(workflow, {})
    while running.work():
        pass
    assert len(started(circle)) == 1
    assert len(started(inner)) == 1


def test_an_error_workflow_that_cannot_run_is_told(cast: Cast) -> None:
    alarm = handler(cast)
    with isolation.workspace(cast.workspace):
        Workflow.objects.filter(pk=alarm.pk).update(live=None)
    workflow = weak(cast, error_workflow=alarm)
    running.start(workflow, {})
    assert running.work() == ["failed"]
    [notice, *_] = told(cast, "not-started:")
    assert notice.title == "Alarm did not start"
    assert notice.text.startswith("The failure of Orders was to start it. No version of it can run")


def test_a_worker_that_dies_at_the_end_tells_and_starts_once(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, set_clock: Any
) -> None:
    alarm = handler(cast)
    workflow = weak(cast, error_workflow=alarm)
    running.start(workflow, {})
    real, calls = ending.follow, [0]

    def deadly(run: Run) -> None:
        calls[0] += 1
        real(run)
        if calls[0] == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(ending, "follow", deadly)
    with pytest.raises(KeyboardInterrupt):
        running.work()
    assert (told(cast), started(alarm)) == ([], [])
    set_clock(clock.now() + timedelta(seconds=settings.LEASE_SECONDS + 1))
    assert running.work() == ["failed"]
    assert (len(told(cast)), len(started(alarm))) == (3, 1)


# -- What did not start -------------------------------------------------------------------------


def test_a_delivery_that_could_not_start_a_workflow_is_told_once_a_day(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = make_connection(
        cast.workspace,
        connector_key="spojit_webhook",
        scheme="webhook",
        name="Intake",
        values={"signing_secret": "our-signing-secret-0123456789abcdef"},
        actor=cast.bob,
    )
    start = {"start": {"type": "webhook", "connection_id": str(hook.pk)}}
    trigger = node("start", "trigger", **start)
    workflow = running.enabled(cast, [trigger, node("a")], "start > a", name="Orders")
    monkeypatch.setattr(values, "MOST_BYTES", 10)

    def heard() -> list[Run]:
        with scope(cast.workspace):
            delivery = Delivery.objects.create(
                workspace=cast.workspace, connection=hook, verdict="accepted", size=2
            )
            return webhook.hear(delivery)

    assert (heard(), heard()) == ([], [])
    rows = told(cast, "not-started:")
    assert [row.user.name for row in rows] == ["Adam", "Alice", "Bob"]
    assert rows[0].text.startswith("A delivery to Intake was to start it. This is more than")

    monkeypatch.setattr(values, "MOST_BYTES", 10_000)

    def disabled(*_: Any, **__: Any) -> Any:
        raise starting.WorkflowDisabled

    monkeypatch.setattr(webhook, "_started", disabled)
    assert heard() == []
    assert len(told(cast, "not-started:")) == 3
    assert workflow.is_enabled
