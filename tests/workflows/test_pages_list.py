"""The page of all workflows: search, filters, switches, what needs attention, few queries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from spojit.lib import clock
from spojit.lib.ids import new_id
from tests import factories
from tests.workflows.graphs import definition, node
from workflows import lifecycle, runs
from workflows.models import Reference, Run, Schedule, Version, Workflow

if TYPE_CHECKING:
    from django.test import Client

    from connections.models import Connection
    from tests.factories import Cast

pytestmark = pytest.mark.django_db

SCOPES = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SELECT set_config")


def url(cast: Cast, name: str = "list", **arguments: Any) -> str:
    return reverse(f"workflows:{name}", kwargs={"slug": cast.workspace.slug, **arguments})


def listed(client: Client, cast: Cast, query: str = "", **headers: str) -> Any:
    return client.get(f"{url(cast)}{query}", headers=headers)


def names(answer: Any) -> list[str]:
    return [row["name"] for row in answer.context["rows"]]


def calling(connection: Connection, *, start: dict[str, Any] | None = None) -> dict[str, Any]:
    trigger = node("start", "trigger", start=start or {"type": "manual"})
    call = {"connector": "http", "tool": "get", "arguments": {"path": "/"}}
    step = node("fetch", "connector", **call, connection_id=str(connection.pk))
    return definition([trigger, step], "start > fetch")


def make(cast: Cast, name: str, whole: Any = None, *, tags: tuple[str, ...] = ()) -> Workflow:
    made = lifecycle.create(cast.workspace, name=name, actor=cast.bob, definition=whole)
    return lifecycle.tag(made, tags=tags, actor=cast.bob) if tags else made


def make_many(cast: Cast, count: int, connection: Connection) -> None:
    """Write rows alone: each workflow has a version, a reference, a schedule and a run."""
    one: dict[str, Any] = {"workspace": cast.workspace}
    flows = [
        Workflow(
            id=new_id(), name=f"Copy {place:05}", stable_key=f"copy_{place}", tags=["many"], **one
        )
        for place in range(count)
    ]
    start = {"type": "schedule", "cron": "0 9 * * *", "time_zone": "UTC"}
    whole = calling(connection, start=start)
    kept = [
        Version(id=new_id(), workflow=flow, number=1, definition=whole, **one) for flow in flows
    ]
    used = {"connection": connection, "node_id": "fetch", "node_name": "Fetch", "is_latest": True}
    done = {"trigger": "manual", "status": "completed", "finished_at": clock.now()}
    with factories.scope(cast.workspace):
        Workflow.objects.bulk_create(flows)
        Version.objects.bulk_create(kept)
        for flow, version in zip(flows, kept, strict=True):
            flow.live = flow.latest = version
        Workflow.objects.bulk_update(flows, ["live", "latest"], batch_size=1000)
        Reference.objects.bulk_create(Reference(workflow=flow, **used, **one) for flow in flows)
        Schedule.objects.bulk_create(
            Schedule(workflow=flow, cron="0 9 * * *", time_zone="UTC", next_at=clock.now(), **one)
            for flow in flows
        )
        Run.objects.bulk_create(
            Run(workflow=version.workflow, version=version, **done, **one) for version in kept
        )


def test_an_empty_workspace_says_what_a_workflow_is(cast: Cast) -> None:
    page = listed(factories.signed_in(cast.bob), cast).content.decode()
    assert "Build the first workflow" in page
    assert url(cast, "new") in page
    assert url(cast, "import") in page
    seen = listed(factories.signed_in(cast.vera), cast).content.decode()
    assert "Build the first workflow" in seen
    assert url(cast, "new") not in seen


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Alpha", "beta", "Gamma 100%"]),
        ("?q=ALPH", ["Alpha"]),
        ("?q=shop", ["beta"]),
        ("?q=100%25", ["Gamma 100%"]),
        ("?tag=shop", ["beta"]),
        ("?tag=nothing", []),
        ("?state=enabled", ["Alpha"]),
        ("?state=disabled", ["beta", "Gamma 100%"]),
        ("?state=attention", ["Gamma 100%"]),
        ("?state=nonsense&sort=nonsense&page=99", ["Alpha", "beta", "Gamma 100%"]),
        ("?sort=-name", ["Gamma 100%", "beta", "Alpha"]),
        ("?sort=-enabled", ["Alpha", "beta", "Gamma 100%"]),
        ("?sort=saved", ["Gamma 100%", "Alpha", "beta"]),
        ("?sort=next_run", ["beta", "Alpha", "Gamma 100%"]),
    ],
)
def test_search_filters_and_sorting_stand_in_the_address(
    cast: Cast, query: str, expected: list[str]
) -> None:
    make(cast, "Gamma 100%", definition([], ""))
    lifecycle.enable(make(cast, "Alpha"), actor=cast.bob)
    beta = make(cast, "beta", tags=("Shop", "shop"))
    moment = {"cron": "0 9 * * *", "time_zone": "UTC", "next_at": clock.now()}
    with factories.scope(cast.workspace):
        Schedule.objects.create(workspace=cast.workspace, workflow=beta, **moment)
    answer = listed(factories.signed_in(cast.vera), cast, query)
    assert answer.status_code == 200
    assert names(answer) == expected


def test_a_workflow_wears_what_is_wrong_with_its_connections(cast: Cast) -> None:
    good = factories.make_connection(cast.workspace, name="Good", status="active")
    bad = factories.make_connection(cast.workspace, name="Bad", status="error", reason="tls")
    hidden = factories.make_connection(
        cast.workspace, name="Hidden", actor=cast.alice, is_private=True, status="reauthorize"
    )
    make(cast, "Works", calling(good))
    make(cast, "Broken", calling(bad))
    lifecycle.create(cast.workspace, name="Secret", actor=cast.alice, definition=calling(hidden))
    answer = listed(factories.signed_in(cast.bob), cast)
    page = answer.content.decode()
    rows = {row["name"]: row for row in answer.context["rows"]}
    assert rows["Works"]["badges"] == []
    assert [badge.word for badge in rows["Broken"]["badges"]] == ["a connection does not work"]
    [use] = rows["Broken"]["uses"]
    assert (use.name, use.trouble) == ("Bad", "Error")
    assert f'href="{bad.get_absolute_url()}"' in page
    [use] = rows["Secret"]["uses"]
    assert (use.name, use.url) == ("a private connection of Alice", "")
    assert "Hidden" not in page
    attention = listed(factories.signed_in(cast.bob), cast, "?state=attention")
    assert names(attention) == ["Broken", "Secret"]
    counted = [(chip["label"], chip["count"]) for chip in attention.context["chips"]]
    assert counted == [("All", 3), ("Disabled", 3), ("Needs attention", 2)]


def test_a_row_says_what_starts_it_and_how_it_went_last(cast: Cast) -> None:
    service = factories.make_connection(cast.workspace, name="Orders")
    cron = {"type": "schedule", "cron": "*/5 * * * *", "time_zone": "Europe/Berlin"}
    clocked = lifecycle.enable(make(cast, "Clock", calling(service, start=cron)), actor=cast.bob)
    by_hand = lifecycle.enable(make(cast, "Hand", calling(service)), actor=cast.bob)
    earlier, trial, last = (runs.start(by_hand, trigger="manual", data={}) for _ in range(3))
    now = clock.now()
    with factories.scope(cast.workspace):
        told: dict[str, Any] = {"due_at": None, "finished_at": now}
        Run.objects.filter(pk=earlier.pk).update(
            status="failed", created_at=now - timedelta(hours=2), **told
        )
        Run.objects.filter(pk=trial.pk).update(created_at=now + timedelta(hours=2), is_trial=True)
        Run.objects.filter(pk=last.pk).update(status="completed", **told)
    clock_row, hand_row = listed(factories.signed_in(cast.vera), cast).context["rows"]
    with factories.scope(cast.workspace):
        moment = Schedule.objects.get(workflow=clocked).next_at
    assert clock_row["trigger"]["word"] == "Schedule"
    assert clock_row["trigger"]["detail"] == "*/5 * * * * Europe/Berlin"
    assert clock_row["next_run_at"] == moment
    assert moment > now
    assert clock_row["run"] is None
    assert hand_row["trigger"]["word"] == "By hand"
    assert (hand_row["run"].kind, hand_row["run"].at) == ("completed", now)
    assert str(last.pk) in hand_row["run"].url


def test_the_switch_enables_and_disables_and_goes_back(cast: Cast) -> None:
    flow = make(cast, "Flow")
    client = factories.signed_in(cast.bob)
    to, back = url(cast, "enabling", workflow_id=flow.pk), f"http://testserver{url(cast)}?q=fl"
    answer = client.post(to, {"enable": "1"}, headers={"referer": back})
    assert answer.headers["Location"] == f"{url(cast)}?q=fl"
    assert fresh(cast, flow).is_enabled
    answer = client.post(to, {"enable": "0"}, headers={"referer": "https://evil.test/w/"})
    assert answer.headers["Location"] == url(cast)
    assert not fresh(cast, flow).is_enabled


def test_a_draft_is_not_enabled_and_the_page_says_why(cast: Cast) -> None:
    flow = make(cast, "Flow", definition([], ""))
    client = factories.signed_in(cast.bob)
    to = url(cast, "enabling", workflow_id=flow.pk)
    page = client.post(to, {"enable": "1"}, follow=True).content.decode()
    assert "Flow: This workflow has problems, so it cannot be enabled." in page
    assert not fresh(cast, flow).is_enabled
    answer = client.post(to, {"enable": "1"}, headers={"hx-request": "true"})
    assert answer.headers["HX-Redirect"] == url(cast)


def fresh(cast: Cast, workflow: Workflow) -> Workflow:
    with factories.scope(cast.workspace):
        found: Workflow = Workflow.objects.get(pk=workflow.pk)
        return found


def test_the_number_of_queries_is_small_and_does_not_grow(cast: Cast) -> None:
    service = factories.make_connection(cast.workspace, name="Orders", actor=cast.alice)
    make_many(cast, 1, service)
    client = factories.signed_in(cast.vera)
    few = count_queries(client, cast)
    with factories.scope(cast.workspace):
        Workflow.objects.all().delete()
    make_many(cast, 120, service)
    assert count_queries(client, cast) == few
    assert few <= 12
    answer = listed(client, cast, "?page=2&tag=many&q=copy")
    assert names(answer) == [f"Copy {place:05}" for place in range(50, 100)]
    assert answer.context["page"].paginator.count == 120


def count_queries(client: Client, cast: Cast) -> int:
    listed(client, cast)
    with CaptureQueriesContext(database) as captured:
        assert listed(client, cast).status_code == 200
    asked = [query["sql"] for query in captured.captured_queries]
    return len([sql for sql in asked if not sql.startswith(SCOPES)])


def test_htmx_gets_the_table_alone(cast: Cast) -> None:
    make(cast, "Flow")
    headers = {"hx-request": "true", "hx-target": "table"}
    page = listed(factories.signed_in(cast.bob), cast, **headers).content.decode()
    assert page.lstrip().startswith('<div id="table"')
    assert "csrfmiddlewaretoken" in page


def test_who_lives_next_door_finds_nothing(cast: Cast) -> None:
    assert listed(factories.signed_in(cast.mallory), cast).status_code == 404
