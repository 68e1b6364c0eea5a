"""Pages of runs: what they tell, to whom, and what can be done there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast as as_type

import pytest
from django.urls import reverse

from connections.models import Call, Connection
from spojit.lib import clock
from tests.factories import scope, signed_in
from tests.scene import make_failed_run, make_scene
from tests.workflows import running
from tests.workflows.graphs import node
from tests.workflows.running import START, get
from workflows import tasks
from workflows.models import Run, Step
from workflows.runs import start

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.factories import Cast
    from workspaces.models import User

pytestmark = pytest.mark.django_db

AS_LIVE = {"HX-Request": "true", "HX-Target": "run-live"}
ROUNDS = 60


def page(run: Run, user: User, query: str = "", **headers: str) -> HttpResponse:
    address = reverse("runs:detail", args=[run.workspace.slug, run.pk])
    answer = signed_in(user).get(f"{address}{query}", headers=headers)
    return as_type("HttpResponse", answer)


def text(response: HttpResponse) -> str:
    return response.content.decode()


def looped(cast: Cast) -> Run:
    nodes = [
        START,
        node("each", "loop", over="times", times=ROUNDS, on_failure="continue"),
        node("shape", values={"n": "{{ item }}"}),
        node("check", "condition", comparisons=[{"value": "{{ item }}", "with": 40}]),
        node("bad", "loop", over="times", times="{{ shape.n }} of them"),
    ]
    run = running.ran(cast, nodes, "start > each.each > shape > check.yes > bad")
    with scope(cast.workspace):
        found: Run = Run.objects.select_related("workspace").get(pk=run.pk)
        return found


def test_rounds_are_folded_paged_and_found_when_they_failed(cast: Cast) -> None:
    run = looped(cast)
    folded = text(page(run, cast.vera, "?step=nowhere"))
    assert f"{ROUNDS} rounds, 1 failed" in folded
    assert "Round 1<" not in folded
    opened = text(page(run, cast.vera, "?step=each"))
    assert f"1 to 25 of {ROUNDS} rounds" in opened
    assert "Round 25<" in opened
    assert "Round 26<" not in opened
    failed = text(page(run, cast.vera, "?step=each&rounds=failed"))
    assert "1 to 1 of 1 rounds that failed" in failed
    assert "Round 41<" in failed
    assert "each%5B40%5D.bad" in failed  # it is opened
    chosen = text(page(run, cast.vera, "?step=each[40]."))
    assert "round 41 of each" in chosen
    assert f"26 to 50 of {ROUNDS} rounds" in chosen
    assert "&quot;" not in chosen.partition('id="step"')[2].partition("<h3>Input")[0]


def test_a_run_of_many_steps_is_shown_with_few_questions(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    run = looped(cast)
    with django_assert_max_num_queries(44):
        assert page(run, cast.bob, "?step=each[40].bad").status_code == 200


def test_what_moves_is_polled_until_the_run_ends(cast: Cast, connection: Connection) -> None:
    del connection
    flow = running.enabled(cast, [node("pause", "delay", seconds=100)], "start > pause")
    run = running.start(flow)
    running.work()
    address = reverse("runs:detail", args=[cast.workspace.slug, run.pk])
    client = signed_in(cast.bob)
    whole = client.get(address).content.decode()
    assert 'hx-trigger="every 2s"' in whole
    assert "Waits until a moment" in whole
    moving = client.get(address, headers=AS_LIVE)
    assert moving.status_code == 200
    assert "<html" not in moving.content.decode()
    cancelled = client.post(reverse("runs:cancel", args=[cast.workspace.slug, run.pk]))
    assert cancelled.status_code == 302
    ended = client.get(address, headers=AS_LIVE)
    assert ended.status_code == 286
    assert "hx-trigger" not in ended.content.decode()
    assert f"Cancelled by {cast.bob}" in ended.content.decode()


def test_a_failed_run_says_where_through_what_why_and_what_to_do() -> None:
    scene = make_scene()
    with scope(scene.cast.workspace):
        run = make_failed_run(scene)
    told = text(page(run, scene.cast.bob))
    assert "The service refused the credentials." in told
    assert f"through {scene.connection.name}" in told
    assert "then replace it." in told
    assert "/given" in told


def test_what_started_a_run_is_shown_masked_to_whoever_may_see_its_webhook(cast: Cast) -> None:
    run = running.ran(cast, [START, node("say")], "start > say", data={"order": "A-17"})
    assert "A-17" in text(page(run, cast.vera))
    scene = make_scene(private=True)
    begin = {"type": "webhook", "connection_id": str(scene.webhook.pk)}
    nodes = [node("start", "trigger", start=begin), node("say")]
    flow = running.enabled(scene.cast, nodes, "start > say", name="Heard")
    heard = start(flow, trigger="webhook", data={"body": "A-18"}, delivery_id=scene.delivery.pk)
    assert "A-18" in text(page(heard, scene.cast.bob))
    hidden = text(page(heard, scene.cast.vera))
    assert "A-18" not in hidden
    assert "It came through a private connection of Bob" in hidden


def test_who_may_not_see_a_private_connection_sees_no_payload_of_its_steps() -> None:
    scene = make_scene(private=True)
    with scope(scene.cast.workspace):
        run = make_failed_run(scene)
    shown, hidden = (text(page(run, user)) for user in (scene.cast.bob, scene.cast.vera))
    assert "/given" in shown
    assert "/given" not in hidden
    assert scene.connection.name not in hidden
    assert "a private connection of Bob" in hidden
    listed = (
        signed_in(scene.cast.vera).get(f"/w/{scene.cast.workspace.slug}/runs/").content.decode()
    )
    assert scene.connection.name not in listed


def test_running_again_leads_to_the_new_run(cast: Cast) -> None:
    run = running.ran(cast, [START, node("end")], "start > end")
    address = reverse("runs:rerun", args=[cast.workspace.slug, run.pk])
    answer = signed_in(cast.bob).post(address)
    with scope(cast.workspace):
        made = Run.objects.get(rerun_of_id=run.pk)
    assert answer.headers["Location"] == reverse("runs:detail", args=[cast.workspace.slug, made.pk])
    refused = signed_in(cast.bob).post(address, {"begin": "failed"}, follow=True)
    assert b"No step of this run failed" in refused.content


def test_a_connection_tells_which_runs_it_stopped(
    cast: Cast, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = running.enabled(cast, [get("a", connection)], "start > a")
    with scope(cast.workspace):
        Connection.objects.filter(pk=connection.pk).update(status="error", reason="tls")
    runs = [running.start(flow) for _ in range(3)]
    running.work()
    with scope(cast.workspace):
        blamed = {"status": "failed", "error_outcome": "credentials_refused", "due_at": None}
        Run.objects.filter(pk=runs[0].pk).update(
            **blamed,
            finished_at=clock.now(),
            waits_for="",
            waits_for_id=None,
            error_node_id="a",
            error_connection_id=connection.pk,
        )
    client, where = signed_in(cast.bob), [cast.workspace.slug, connection.pk]
    told = client.get(reverse("connections:detail", args=where)).content.decode()
    assert ">2 runs</a> wait for this connection" in told
    assert ">1 run</a> failed because of it" in told
    asked: list[tuple[Any, Any]] = []
    monkeypatch.setattr(
        tasks, "rerun_blamed", lambda connection, *, user: asked.append((connection.pk, user))
    )
    client.post(reverse("runs:rerun_failed", args=where))
    assert asked == [(connection.pk, cast.bob)]
    viewed = signed_in(cast.vera).get(reverse("connections:detail", args=where))
    assert reverse("runs:rerun_failed", args=where) not in viewed.content.decode()


def test_the_ledger_lists_steps_and_people_in_one_order(cast: Cast, connection: Connection) -> None:
    run = running.ran(cast, [get("a", connection)], "start > a")
    now = clock.now()
    with scope(cast.workspace):
        for number in range(60):
            Call.objects.create(
                workspace=cast.workspace,
                connection=connection,
                connector_key="http",
                tool="get",
                actor_id=cast.bob.pk,
                actor_name=f"Person {number}",
                created_at=now - timedelta(minutes=number + 1),
                finished_at=now,
                outcome="ok",
            )
        Step.objects.filter(run=run).update(started_at=now - timedelta(minutes=5, seconds=30))
    address = reverse("connections:activity", args=[cast.workspace.slug, connection.pk])
    client = signed_in(cast.vera)
    first = client.get(address)
    names = [row["by"] for row in first.context["rows"]]
    assert names == [*(f"Person {n}" for n in range(5)), "Flow",
                     *(f"Person {n}" for n in range(5, 49))]  # fmt: skip
    older = client.get(f"{address}{first.context['older_url']}")
    assert [row["by"] for row in older.context["rows"]] == [f"Person {n}" for n in range(49, 60)]
    assert older.context["older_url"] == ""
    row = first.context["rows"][5]
    assert (row["what"], row["version"], row["outcome"]) == ("get", 1, "It works")
    assert str(run.pk) in row["url"]


def test_deliveries_link_the_runs_that_they_started() -> None:
    scene = make_scene()
    with scope(scene.cast.workspace):
        run = make_failed_run(scene)
        Run.objects.filter(pk=run.pk).update(trigger="webhook", delivery_id=scene.delivery.pk)
    where = [scene.cast.workspace.slug, scene.webhook.pk]
    client, address = signed_in(scene.cast.vera), run.get_absolute_url()
    for name, more in (("deliveries", []), ("delivery", [scene.delivery.pk])):
        found = client.get(reverse(f"connections:{name}", args=[*where, *more]))
        assert f'href="{address}"' in found.content.decode(), name
    delivered = reverse("connections:delivery", args=[*where, scene.delivery.pk])
    assert f'href="{delivered}"' in text(page(run, scene.cast.vera))


def test_a_worker_repeats_what_failed_for_a_connection() -> None:
    scene = make_scene()
    with scope(scene.cast.workspace):
        run = make_failed_run(scene)
    asked = {"connection_id": str(scene.connection.pk), "actor_id": str(scene.cast.bob.pk)}
    tasks.rerun_blamed_now(**asked)
    tasks.rerun_blamed_now(**asked)
    with scope(scene.cast.workspace):
        again = Run.objects.get(trigger="rerun")
    assert (again.rerun_of_id, again.actor_name) == (run.pk, str(scene.cast.bob))
