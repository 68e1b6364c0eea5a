"""What senders are told of the runs that they start: at once, or by the run's Response."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections as databases
from django.test import Client

from connections.inbound import answering, handing, hooks, pace
from connections.models import Hook
from spojit.lib import clock
from spojit.lib.ids import new_id
from tests import factories
from tests.connections import webhooks
from tests.connections.webhooks import told
from tests.workflows import running
from tests.workflows.graphs import definition, node
from workflows import lifecycle, listening, versions
from workflows.models import Run, Workflow
from workflows.runs import working
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from connections.models import Connection
    from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    pace.forget()
    monkeypatch.setattr(pace, "GATHER_SECONDS", 0.0)


@pytest.fixture
def webhook(cast: Cast) -> Connection:
    return webhooks.make_webhook(cast.workspace)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Work on runs whenever a sender waits; list how long it meant to."""
    taken: list[float] = []

    def nap(seconds: float) -> None:
        taken.append(seconds)
        running.work()

    monkeypatch.setattr(answering, "_sleep", nap)
    return taken


def trigger(webhook: Connection, waits: int = 0) -> dict[str, Any]:
    start = {"type": "webhook", "connection_id": str(webhook.pk), "waits_seconds": waits}
    return node("start", "trigger", start=start)


def answers(cast: Cast, webhook: Connection, *, waits: int = 5, **settings: Any) -> Workflow:
    """Make a workflow that answers its sender."""
    flow = [trigger(webhook, waits), node("say", "response", **settings)]
    return running.enabled(cast, flow, "start > say", name="Answers")


def state_of(webhook: Connection, run_id: object, **more: Any) -> HttpResponse:
    path = f"/hooks/{hooks.token_of(webhook)}/runs/{run_id}"
    return Client().get(path, **more)  # type: ignore[return-value]


def only_run(cast: Cast) -> Run:
    with isolation.workspace(cast.workspace):
        [run] = Run.objects.all()
    found: Run = run
    return found


def hand_over() -> None:
    handing.hand_over(now=clock.now())


def test_a_delivery_is_answered_at_once_with_the_ids_of_its_runs(
    cast: Cast, webhook: Connection
) -> None:
    flows = [
        running.enabled(cast, [trigger(webhook)], name=name) for name in ("First", "Second", "Off")
    ]
    lifecycle.disable(flows[2], actor=cast.bob)
    answer = webhooks.deliver(webhook)
    assert answer.status_code == 202
    assert told(webhooks.deliver(webhook)) == told(answer)
    [delivery, _] = webhooks.deliveries(webhook)
    assert told(answer)["delivery"] == str(delivery.pk)

    ids = told(answer)["runs"]
    queued = {"id": ids[0], "status": "queued", "finished_at": None}
    assert told(state_of(webhook, ids[0])) == queued  # before any worker looked
    hand_over()
    with isolation.workspace(cast.workspace):
        runs = {str(run.pk): run.workflow_id for run in Run.objects.all()}
    assert runs == dict(zip(ids, [flows[0].pk, flows[1].pk], strict=True))
    assert told(state_of(webhook, ids[0])) == queued
    running.work()
    done = told(state_of(webhook, ids[1]))
    assert (done["status"], done["finished_at"] is None) == ("completed", False)


def test_the_sender_waits_for_the_response(
    cast: Cast, webhook: Connection, naps: list[float]
) -> None:
    answers(
        cast,
        webhook,
        status=201,
        body={"order": "{{ trigger.body.order }}"},
        headers={"X-Order": "{{ trigger.body.order }}", "Set-Cookie": "a=b", "Location": "/x"},
    )
    answer = webhooks.deliver(webhook)
    run = only_run(cast)
    assert (answer.status_code, told(answer), len(naps)) == (201, {"order": 7}, 1)
    assert (answer["Content-Type"], answer["X-Order"]) == ("application/json", "7")
    assert (answer["Spojit-Run"], run.priority) == (str(run.pk), 0)
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert not {"Set-Cookie", "Location"} & set(answer.headers)
    assert told(state_of(webhook, run.pk))["response"] == {"status": 201, "body": {"order": 7}}

    page = factories.signed_in(cast.bob).get(webhook.get_absolute_url()).content.decode()
    assert "the answer of Answers" in page

    again = webhooks.deliver(webhook)
    assert (again.status_code, again.content, len(naps)) == (201, answer.content, 1)
    assert only_run(cast).pk == run.pk


@pytest.mark.parametrize(
    ("steps", "status", "state"),
    [
        ([node("say", values={"a": 1})], 200, "completed"),
        ([node("say", values={"a": "{{ trigger.body.order | divided_by: 0 }}"})], 500, "failed"),
    ],
)
def test_a_run_without_response_tells_how_it_ended_and_no_more(
    cast: Cast, webhook: Connection, naps: list[float], steps: Any, status: int, state: str
) -> None:
    running.enabled(cast, [trigger(webhook, 5), *steps], "start > say")
    answer = webhooks.deliver(webhook)
    run_id = str(only_run(cast).pk)
    assert (answer.status_code, told(answer)) == (status, {"run": run_id, "status": state})
    assert set(told(state_of(webhook, run_id))) == {"id", "status", "finished_at"}
    assert len(naps) == 1


def test_what_takes_longer_or_finds_no_place_is_answered_with_the_run(
    cast: Cast, webhook: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(cast, webhook, waits=1)
    passed = [0.0]
    monkeypatch.setattr(answering, "_sleep", lambda seconds: passed.append(passed[-1] + seconds))
    monkeypatch.setattr(time, "monotonic", lambda: passed[-1])
    answer = webhooks.deliver(webhook, delivery_id="slow")
    run = only_run(cast)
    assert (answer.status_code, told(answer)["runs"], passed[-1]) == (202, [str(run.pk)], 1.0)

    monkeypatch.setattr(answering, "_places", threading.BoundedSemaphore(1))
    answering._places.acquire()
    answer = webhooks.deliver(webhook, delivery_id="crowded")
    assert (answer.status_code, len(told(answer)["runs"])) == (202, 1)
    assert only_run(cast).pk == run.pk  # a worker starts the other one
    hand_over()
    assert state_of(webhook, told(answer)["runs"][0]).status_code == 200


def test_a_delivery_that_cannot_be_handed_over_at_once_is_kept_and_says_so(
    cast: Cast, webhook: Connection, naps: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    answers(cast, webhook)
    before = list(handing._listeners)

    def stumble(_delivery: Any) -> None:
        raise LookupError

    handing._listeners.append(stumble)
    try:
        with caplog.at_level(logging.ERROR):
            answer = webhooks.deliver(webhook)
    finally:
        handing._listeners[:] = before
    assert (answer.status_code, naps) == (202, [])
    assert "could not be answered" in caplog.text
    assert hooks.token_of(webhook) not in caplog.text
    hand_over()
    assert [str(only_run(cast).pk)] == told(answer)["runs"]


def test_the_state_of_a_run_is_told_by_its_own_hook_only(cast: Cast, webhook: Connection) -> None:
    answers(cast, webhook, waits=0)
    other, next_door = (webhooks.make_webhook(place) for place in (cast.workspace, cast.next_door))
    [run_id] = told(webhooks.deliver(webhook))["runs"]
    hand_over()
    by_hand = running.start(running.enabled(cast, [running.START], name="By hand"))
    refused: list[Any] = [
        state_of(other, run_id),
        state_of(next_door, run_id),
        state_of(webhook, by_hand.pk),
        state_of(webhook, new_id()),
        Client().get(f"/hooks/no-such-token/runs/{run_id}"),
    ]
    assert {(one.status_code, one.content) for one in refused} == {
        (404, b'{"error": "There is nothing here."}')
    }
    path = f"/hooks/{hooks.token_of(webhook)}/runs/{run_id}"
    assert Client().get(path).status_code == 200
    assert (Client().post(path).status_code, Client().get(f"{path}x").status_code) == (405, 405)


def test_asking_for_states_uses_the_limit_of_an_address_up(
    cast: Cast, webhook: Connection, settings: Any
) -> None:
    settings.HOOK_REQUESTS_PER_ADDRESS = 2
    assert [state_of(webhook, new_id()).status_code for _ in range(3)] == [404, 404, 429]


def test_one_enabled_workflow_is_waited_for_and_a_second_is_refused_by_name(
    cast: Cast, webhook: Connection
) -> None:
    first = answers(cast, webhook)
    second = lifecycle.create(
        cast.workspace, name="Second", actor=cast.bob, definition=definition([trigger(webhook, 9)])
    )
    assert second.latest is not None
    assert [problem["message"] for problem in second.latest.problems] == [
        f"Whoever sends to {webhook.name} waits for Answers already."
    ]
    lifecycle.disable(first, actor=cast.bob)
    versions.save(second, definition=definition([trigger(webhook, 9)]), actor=cast.bob)
    lifecycle.enable(second, actor=cast.bob)
    with pytest.raises(listening.WaitedForAlready, match="waits for Second already"):
        lifecycle.enable(first, actor=cast.bob)
    with isolation.workspace(cast.workspace):
        assert not Workflow.objects.get(pk=first.pk).is_enabled
        waiting = Hook.objects.get(connection=webhook).listeners
    assert waiting == [{"id": str(second.pk), "waits": 9}]

    other = webhooks.make_webhook(cast.workspace)
    versions.save(second, definition=definition([trigger(other, 9)]), actor=cast.bob)
    lifecycle.enable(first, actor=cast.bob)
    lifecycle.remove(second, actor=cast.bob)
    with isolation.workspace(cast.workspace):
        rows = Hook.objects.values_list("connection_id", "listeners")
        found = {key: [one["id"] for one in there] for key, there in rows}
    assert found == {webhook.pk: [str(first.pk)], other.pk: []}


@pytest.mark.django_db(transaction=True)
def test_of_two_enabled_at_once_one_is_waited_for() -> None:
    cast = factories.make_cast()
    webhook = webhooks.make_webhook(cast.workspace)
    flows = [
        lifecycle.create(
            cast.workspace, name=name, actor=cast.bob, definition=definition([trigger(webhook, 5)])
        )
        for name in ("One", "Two", "Three")
    ]
    barrier, results = threading.Barrier(3), []

    def enable(workflow: Workflow) -> None:
        barrier.wait(timeout=30)
        try:
            lifecycle.enable(workflow, actor=cast.bob)
            results.append("enabled")
        except listening.WaitedForAlready as refusal:
            results.append(refusal.code)
        finally:
            databases.close_all()

    _together(enable, flows)
    assert sorted(results) == ["enabled", "waited_for_already", "waited_for_already"]


@pytest.mark.django_db(transaction=True)
def test_a_sender_waits_without_a_database_connection_while_a_worker_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast = factories.make_cast()
    webhook = webhooks.make_webhook(cast.workspace)
    answers(cast, webhook, body="{{ trigger.body.order | append: '!' }}")
    held: list[bool] = []

    def nap(seconds: float) -> None:
        held.append(databases["default"].connection is not None)
        worker = threading.Thread(target=lambda: working.work(threads=1, seconds=seconds))
        worker.start()
        worker.join(timeout=30)

    monkeypatch.setattr(answering, "_sleep", nap)
    answer = webhooks.deliver(webhook)
    assert (answer.status_code, answer.content, held) == (200, b"7!", [False])
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


def _together(act: Callable[[Any], None], things: list[Any]) -> None:
    threads = [threading.Thread(target=act, args=[thing]) for thing in things]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
