"""The designer's panel: who may look and who may change, what is kept, told and offered."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from connections.models import Status
from tests.factories import make_connection, scope, signed_in
from tests.workflows.graphs import definition, node
from tests.workflows.panels import post, sent
from tests.workflows.running import work
from workflows import drafts, lifecycle, trying
from workflows.definition import editing

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast
    from workflows.models import Workflow
    from workspaces.models import User

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def made(cast: Cast, *nodes: dict[str, Any], path: str = "") -> Workflow:
    wires = path or " > ".join(["start", *(one["id"] for one in nodes)])
    whole = definition([node("start", "trigger"), *nodes], wires)
    return lifecycle.create(cast.workspace, name="Flow", actor=cast.bob, definition=whole)


def call(
    connection: Connection | None = None, *, node_id: str = "fetch", **more: Any
) -> dict[str, Any]:
    arguments = {"method": "GET", "path": "/user"}
    settings = {"connector": "github", "tool": "request", "arguments": arguments} | more
    if connection is not None:
        settings["connection_id"] = str(connection.pk)
    return node(node_id, "connector", **settings)


def url(workflow: Workflow, node_id: str, name: str = "panel", *more: Any) -> str:
    slug = workflow.workspace.slug
    return reverse(f"workflows:{name}", args=[slug, workflow.pk, node_id, *more])


def get(user: User, workflow: Workflow, node_id: str, query: str = "") -> str:
    answer = signed_in(user).get(url(workflow, node_id) + query, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def told(workflow: Workflow, node_id: str) -> dict[str, Any]:
    nodes = drafts.current(workflow).definition["nodes"]
    return next(one["settings"] for one in nodes if one["id"] == node_id)


def test_a_change_is_stored_in_the_draft_with_all_that_is_missing_yet(cast: Cast) -> None:
    workflow = made(cast, node("mail", "email"))
    answer = post(signed_in(cast.bob), url(workflow, "mail"), subject="Hi", name="Tell them")
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"] == "draft-changed" or "draft-changed" in json.loads(
        answer.headers["HX-Trigger"]
    )
    assert told(workflow, "mail") == {"subject": "Hi"}
    draft = drafts.current(workflow)
    assert (draft.said, draft.by) == ("Changed Tell them", "Bob")
    assert "Say who gets it." in answer.content.decode()


def test_what_cannot_be_read_comes_back_as_it_was_typed(cast: Cast) -> None:
    workflow = made(cast, node("answer", "response", body=1))
    answer = post(signed_in(cast.bob), url(workflow, "answer"), body="{broken", status="201")
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "This is not JSON." in html
    assert sent(html)["body"] == "{broken"
    assert sent(html)["status"] == "201"
    assert told(workflow, "answer") == {"body": 1}


def test_viewers_read_and_change_nothing(cast: Cast) -> None:
    workflow = made(cast, node("wait", "delay", seconds=60))
    assert '<fieldset class="panel-fields" disabled>' in get(cast.vera, workflow, "wait")
    client = signed_in(cast.vera)
    for name in ("panel", "panel_try", "panel_pin", "panel_binding"):
        assert client.post(url(workflow, "wait", name), headers=HTMX).status_code == 403
    assert drafts.current(workflow).number == 0


def test_a_private_connection_of_somebody_else_is_named_by_its_owner_alone(cast: Cast) -> None:
    secret = make_connection(
        cast.workspace, connector_key="github", name="Secret name", actor=cast.alice,
        is_private=True, account_name="alice-at-work",
    )  # fmt: skip
    workflow = made(cast, call())
    html = get(cast.bob, workflow, "fetch")
    assert "a private connection of Alice" in html
    assert "Secret name" not in html
    assert "alice-at-work" not in html
    answer = post(signed_in(cast.bob), url(workflow, "fetch"), connection_id=str(secret.pk))
    assert answer.status_code == 422
    assert "connection_id" not in told(workflow, "fetch")
    assert post(
        signed_in(cast.alice), url(workflow, "fetch"), connection_id=str(secret.pk)
    ).status_code == 200  # fmt: skip
    assert signed_in(cast.bob).post(url(workflow, "fetch"), {"name": "x"}).status_code == 403
    assert "only its owner and the admins may change it" in get(cast.bob, workflow, "fetch")


def test_connections_that_this_workflow_uses_come_first(cast: Cast) -> None:
    names = ("Ann", "Ben", "Cid")
    rows = [
        make_connection(cast.workspace, connector_key="github", name=name, status=Status.ACTIVE)
        for name in names
    ]
    make_connection(cast.workspace, connector_key="http", name="Other")
    workflow = made(cast, call(), call(rows[2], node_id="later"))
    html = get(cast.bob, workflow, "fetch")
    places = [html.index(f'title="{name}"') for name in ("Cid", "Ann", "Ben")]
    assert places == sorted(places)
    assert "Other" not in html


def test_the_only_connection_is_chosen_with_its_connector(cast: Cast) -> None:
    only = make_connection(cast.workspace, connector_key="github", name="Only")
    workflow = made(cast, node("fetch", "connector"))
    post(signed_in(cast.bob), url(workflow, "fetch"), choose_connector="github")
    assert told(workflow, "fetch") == {"connector": "github", "connection_id": str(only.pk)}


def test_scopes_that_a_connection_lacks_are_said_with_the_way_to_mend_it(cast: Cast) -> None:
    narrow = make_connection(
        cast.workspace, connector_key="github", name="Narrow", actor=cast.bob, scopes=["read:user"]
    )
    workflow = made(cast, call(narrow, tool="create_issue", arguments={}))
    html = get(cast.bob, workflow, "fetch")
    assert "was not granted" in html
    assert reverse("connections:credential", args=[cast.workspace.slug, narrow.pk]) in html


def test_one_connection_is_used_in_all_steps_but_those_on_a_hidden_one(cast: Cast) -> None:
    new, old = (
        make_connection(cast.workspace, connector_key="github", name=name)
        for name in ("New", "Old")
    )
    hidden = make_connection(
        cast.workspace, connector_key="github", name="Hidden", actor=cast.alice, is_private=True
    )
    workflow = made(cast, call(new), call(old, node_id="second"), call(hidden, node_id="third"))
    assert "Use it in all 2 steps" in get(cast.bob, workflow, "fetch")
    answer = signed_in(cast.bob).post(url(workflow, "fetch", "panel_binding"), headers=HTMX)
    assert "draft-changed" in answer.headers["HX-Trigger"]
    used = [told(workflow, one)["connection_id"] for one in ("fetch", "second", "third")]
    assert used == [str(new.pk), str(new.pk), str(hidden.pk)]


def test_whoever_was_overtaken_sees_who_it_was_and_decides(cast: Cast) -> None:
    workflow = made(cast, node("answer", "response", body="a"))
    bob = signed_in(cast.bob)
    post(bob, url(workflow, "answer"), body="b")
    html = get(cast.bob, workflow, "answer")
    post(signed_in(cast.adam), url(workflow, "answer"), body="theirs")
    mine = sent(html, body="mine")
    answer = _send(bob, workflow, mine)
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "Adam changed this step meanwhile" in said
    assert "Yours differs in: Body." in said
    assert sent(said)["body"] == "mine"
    assert told(workflow, "answer") == {"body": "theirs"}
    again = _send(bob, workflow, sent(said))
    assert again.status_code == 422
    number = str(drafts.current(workflow).number)
    assert f'name="keep" value="{number}"' in said
    kept = _send(bob, workflow, sent(said, keep=number))
    assert kept.status_code == 200
    assert told(workflow, "answer") == {"body": "mine"}


def _send(client: Any, workflow: Workflow, data: Any) -> Any:
    kind = "application/x-www-form-urlencoded"
    path = url(workflow, "answer")
    return client.post(path, data.urlencode(), content_type=kind, headers=HTMX)


def test_a_schedule_says_when_it_comes_next(cast: Cast, set_clock: Any) -> None:
    set_clock(datetime(2026, 3, 28, 12, tzinfo=UTC))
    workflow = made(cast, node("wait", "delay", seconds=60))
    typed = {
        "start.type": "schedule",
        "start.cron": "30 8 * * *",
        "start.time_zone": "Europe/Paris",
    }
    html = post(signed_in(cast.bob), url(workflow, "start"), **typed).content.decode()
    moments = ("Sun 29 Mar 2026, 08:30", "Mon 30 Mar 2026, 08:30", "Tue 31 Mar 2026, 08:30")
    assert all(moment in html for moment in moments)


def test_names_in_scope_come_with_what_is_pinned_or_promised(cast: Cast) -> None:
    workflow = made(cast, node("make", values={"a": 1}), node("answer", "response"))
    trying.pin(workflow, node_id="make", data={"deep": [{"id": 7}]}, actor=cast.bob)
    html = get(cast.bob, workflow, "answer", "?tab=input")
    assert "make.deep[0].id" in html
    assert "run.id" in html
    settings = get(cast.bob, workflow, "answer")
    assert 'data-path="make.deep[0].id" data-kind="number" data-sample="7"' in settings
    assert "answer." not in html
    assert "make.a" in get(cast.vera, made_again(cast), "answer", "?tab=input")


def made_again(cast: Cast) -> Workflow:
    whole = definition(
        [node("start", "trigger"), node("make", values={"a": 1}), node("answer", "response")],
        "start > make > answer",
    )
    return lifecycle.create(cast.workspace, name="Again", actor=cast.bob, definition=whole)


def test_data_is_pinned_edited_and_unpinned_on_the_output_tab(cast: Cast) -> None:
    workflow, bob = made(cast, node("make", values={"a": 1})), signed_in(cast.bob)
    path = url(workflow, "make", "panel_pin")
    wrong = bob.post(path, {"data": "{no"}, headers=HTMX)
    assert wrong.status_code == 422
    assert "{no" in wrong.content.decode()
    assert "Pinned by Bob" in bob.post(path, {"data": '{"a": 5}'}, headers=HTMX).content.decode()
    assert trying.pinned(workflow)["make"].data == {"a": 5}
    bob.post(path, {"act": "unpin"}, headers=HTMX)
    assert trying.pinned(workflow) == {}


def test_a_step_is_tried_and_watched_until_it_is_over(cast: Cast) -> None:
    workflow, bob = made(cast, node("make", values={"a": 5})), signed_in(cast.bob)
    asked = bob.post(url(workflow, "make", "panel_try"), headers=HTMX).content.decode()
    start = asked.index(url(workflow, "make", "panel_try"))
    run_url = asked[start : asked.index('"', start)]
    assert "Queued…" in bob.get(run_url, headers=HTMX).content.decode()
    work()
    over = bob.get(run_url, headers=HTMX)
    assert over.status_code == 286
    assert "Completed" in over.content.decode()
    assert trying.last_shown(workflow, "make").output == {"a": 5}  # type: ignore[union-attr]
    again = made_again(cast)
    refused = bob.post(url(again, "nothing", "panel_try"), headers=HTMX)
    assert "This step is gone" in refused.content.decode()


def test_a_new_connection_is_waited_for_and_taken_when_it_works(cast: Cast) -> None:
    workflow, bob = made(cast, call()), signed_in(cast.bob)
    path = url(workflow, "fetch", "panel_arrival")
    first = bob.get(path, headers=HTMX).content.decode()
    again = first[first.index(path) :].split('"', 1)[0]
    assert "Waiting for the new connection" in bob.get(again, headers=HTMX).content.decode()
    make_connection(cast.workspace, connector_key="github", name="Not his", actor=cast.adam)
    made_now = make_connection(cast.workspace, connector_key="github", name="His", actor=cast.bob)
    pending = bob.get(again, headers=HTMX).content.decode()
    assert "Use it as it is" in pending
    assert "Not his" not in pending
    with scope(cast.workspace):
        made_now.status = Status.ACTIVE
        made_now.save(update_fields=["status"])
    ready = bob.get(again, headers=HTMX).content.decode()
    assert f'{{"choose_connection": "{made_now.pk}"}}' in ready
    post(
        bob, url(workflow, "fetch"), choose_connection=str(made_now.pk), **{"arguments.path": "/x"}
    )
    assert told(workflow, "fetch")["connection_id"] == str(made_now.pk)
    assert told(workflow, "fetch")["arguments"] == {"method": "GET", "path": "/x"}


def test_connectors_are_found_by_what_is_typed(cast: Cast) -> None:
    make_connection(cast.workspace, connector_key="github")  # which puts it into the catalogue
    make_connection(cast.workspace, connector_key="http")
    path = reverse("workflows:panel_connectors", args=[cast.workspace.slug])
    html = signed_in(cast.bob).get(path + "?q=githu", headers=HTMX).content.decode()
    assert 'value="github"' in html
    assert "1 connected" in html
    assert 'value="http"' not in html


def test_a_removed_step_says_so_to_htmx_and_is_not_found_by_others(cast: Cast) -> None:
    workflow = made(cast, node("wait", "delay", seconds=60))
    drafts.edit(workflow, lambda now: editing.remove(now, node_id="wait"), said="x", actor=cast.bob)
    assert "This step is gone" in get(cast.bob, workflow, "wait")
    assert signed_in(cast.bob).get(url(workflow, "wait")).status_code == 404


def test_at_200_nodes_the_panel_asks_little(cast: Cast, django_assert_max_num_queries: Any) -> None:
    connection = make_connection(cast.workspace, connector_key="github", name="One")
    other = make_connection(cast.workspace, connector_key="github", name="Two")
    steps = [call(connection, node_id=f"step_{number}") for number in range(197)]
    workflow = made(cast, node("make", values={"a": 1}), call(other), *steps)
    trying.try_step(workflow, node_id="make", actor=cast.bob)
    work()
    trying.pin(workflow, node_id="step_195", data={"a": 1}, actor=cast.bob)
    client, path = signed_in(cast.bob), url(workflow, "step_196")
    client.get(path, headers=HTMX)
    with django_assert_max_num_queries(60) as asked:
        client.get(path, headers=HTMX)
    quiet = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SELECT set_config")
    queries = [one["sql"] for one in asked.captured_queries if not one["sql"].startswith(quiet)]
    assert len(queries) <= 15, queries
    took = []
    for _ in range(5):
        began = time.process_time()
        client.get(path, headers=HTMX)
        took.append(time.process_time() - began)
    assert min(took) < 0.3, took
