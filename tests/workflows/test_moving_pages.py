"""Pages: where a connection is used, another one instead, what removal breaks, missing scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.workflows.graphs import definition, node
from workflows import lifecycle, moving
from workflows.models import Workflow
from workspaces import isolation

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast
    from workspaces.models import User

pytestmark = pytest.mark.django_db
INSTEAD = "Use another connection instead"


@pytest.fixture
def github(cast: Cast) -> Connection:
    """The connection that workflows use."""
    return factories.make_connection(
        cast.workspace, connector_key="github", name="GH - Old", actor=cast.bob, status="active"
    )


def greet(cast: Cast, used: Connection, name: str = "Greet") -> Workflow:
    """Make a workflow that opens an issue every Monday at eight."""
    clock = {"type": "schedule", "cron": "0 8 * * 1", "time_zone": "UTC"}
    issue = node(
        "issue",
        "connector",
        connector="github",
        tool="create_issue",
        connection_id=str(used.pk),
        arguments={"owner": "a", "repo": "b", "title": "c"},
    )
    whole = definition([node("start", "trigger", start=clock), issue], "start > issue")
    made = lifecycle.create(cast.workspace, name=name, actor=cast.bob, definition=whole)
    return lifecycle.enable(made, actor=cast.bob)


def get(user: User, name: str, one: Connection, query: str = "") -> Any:
    where = {"slug": one.workspace.slug, "connection_id": one.pk}
    return factories.signed_in(user).get(reverse(name, kwargs=where) + query)


def post(user: User, page: str, one: Connection, /, **data: Any) -> Any:
    where = {"slug": one.workspace.slug, "connection_id": one.pk}
    return factories.signed_in(user).post(reverse(page, kwargs=where), data)


def path(one: Connection) -> str:
    return f"/w/{one.workspace.slug}/workflows/moving/{one.pk}/"


def live_of(workflow: Workflow) -> Any:
    with isolation.workspace(workflow.workspace_id):
        row: Any = Workflow.objects.select_related("live").get(pk=workflow.pk)
        return row.live.definition["nodes"][1]["settings"]["connection_id"]


def test_usage_names_workflow_step_tool_and_next_run_and_leads_to_another_one(
    cast: Cast, github: Connection
) -> None:
    workflow = greet(cast, github)

    page = get(cast.bob, "connections:usage", github)

    [row] = page.context["references"]
    assert (row["workflow"], row["node"], row["tool"]) == ("Greet", "Issue", "create_issue")
    assert row["url"] == f"/w/{cast.workspace.slug}/workflows/{workflow.pk}/"
    assert row["next_run_at"] is not None
    assert page.context["replace_url"] == path(github)
    assert INSTEAD in page.content.decode()
    assert INSTEAD not in get(cast.vera, "connections:usage", github).content.decode()


def test_removal_offers_another_one_first_names_what_breaks_and_wants_the_name(
    cast: Cast, github: Connection
) -> None:
    greet(cast, github)

    text = get(cast.bob, "connections:remove", github).content.decode()
    refused = post(cast.bob, "connections:remove", github, name="")

    order = [text.index(words) for words in (INSTEAD, "What breaks", ">Greet<", "to confirm")]
    assert order == sorted(order)
    assert "1 workflow uses it, 1 of them enabled." in text
    assert "next run" in text
    assert refused.status_code == 422
    assert post(cast.bob, "connections:remove", github, name="GH - Old").status_code == 302


def test_making_a_used_one_private_names_its_workflows_and_asks(
    cast: Cast, github: Connection
) -> None:
    greet(cast, github)
    private = {"form": "sharing", "is_private": "True"}

    refused = post(cast.bob, "connections:settings", github, **private)

    assert refused.status_code == 422
    assert refused.context["sharing_breaks"] == ["Greet"]
    assert "Confirm that you mean it" in refused.content.decode()
    done = post(cast.bob, "connections:settings", github, **private, confirm="on")
    assert done.status_code == 302


def test_the_overview_says_which_scopes_workflows_need_that_were_not_granted(
    cast: Cast, github: Connection
) -> None:
    greet(cast, github)
    assert get(cast.bob, "connections:detail", github).context["lacking"] is None
    with isolation.workspace(cast.workspace):
        github.scopes = ["read:user"]
        github.save(update_fields=["scopes"])

    page = get(cast.bob, "connections:detail", github)

    [one] = page.context["lacking"]["scopes"]
    assert (one.scope, one.needed_by) == ("repo", ("Greet · Create an issue",))
    assert "Needed by workflows but not granted" in page.content.decode()
    assert page.context["lacking"]["url"].endswith("/credential/")
    assert get(cast.vera, "connections:detail", github).context["lacking"]["url"] == ""


def test_a_person_chooses_looks_and_moves(cast: Cast, github: Connection) -> None:
    other = factories.make_connection(
        cast.workspace, connector_key="github", name="GH - New", environment="test"
    )
    workflow = greet(cast, github)

    first = get(cast.bob, "workflows:moving", github)
    assert [(row["name"], row["environment"]) for row in first.context["options"]] == [
        ("GH - New", "test")
    ]
    assert not first.context["may_move"]
    second = get(cast.bob, "workflows:moving", github, f"?to={other.pk}")
    [row] = second.context["rows"]
    assert (row["is_chosen"], row["stands_in"]) == (True, ["live", "latest version"])
    done = post(cast.bob, "workflows:moving", github, to=other.pk, chosen=row["key"])

    assert done.status_code == 200
    assert "Nothing uses the old connection any more." in done.content.decode()
    assert f'href="/w/{cast.workspace.slug}/workflows/{workflow.pk}/"' in done.content.decode()
    assert live_of(workflow) == str(other.pk)
    assert get(cast.bob, "workflows:moving", github).context["rows"] == []


def test_what_may_not_move_is_said_and_nothing_moves(cast: Cast, github: Connection) -> None:
    poor = factories.make_connection(
        cast.workspace, connector_key="github", name="GH - Poor", scopes=["read:user"]
    )
    workflow = greet(cast, github)
    key = f"{workflow.pk}:issue"

    page = get(cast.bob, "workflows:moving", github, f"?to={poor.pk}")
    refused = post(cast.bob, "workflows:moving", github, to=poor.pk, chosen=key)
    nothing = post(cast.bob, "workflows:moving", github, to=poor.pk)

    assert page.context["rows"][0]["problem"] == "GH - Poor was not granted repo."
    assert not page.context["may_move"]
    assert (refused.status_code, nothing.status_code) == (422, 422)
    assert "Nothing moved because of Issue of Greet" in refused.content.decode()
    assert "No step was chosen" in nothing.content.decode()
    assert live_of(workflow) == str(github.pk)


def test_neither_strangers_nor_viewers_move_and_only_what_fits_is_taken(
    cast: Cast, github: Connection
) -> None:
    greet(cast, github)
    http = factories.make_connection(cast.workspace, name="Other kind")

    assert get(cast.vera, "workflows:moving", github).status_code == 403
    assert get(cast.mallory, "workflows:moving", github).status_code == 404
    assert get(cast.bob, "workflows:moving", github, f"?to={http.pk}").status_code == 404
    assert post(cast.bob, "workflows:moving", github, to="x", chosen="y").status_code == 404


def test_the_preview_asks_no_more_of_many_workflows_than_of_few(
    cast: Cast, github: Connection, django_assert_num_queries: Any
) -> None:
    other = factories.make_connection(cast.workspace, connector_key="github", name="GH - New")
    for number in range(2):
        greet(cast, github, f"Flow {number}")
    with CaptureQueriesContext(connection) as few:
        moving.preview(github, to=other, actor=cast.bob)
    for number in range(2, 5):
        greet(cast, github, f"Flow {number}")

    with django_assert_num_queries(len(few)):
        assert len(moving.preview(github, to=other, actor=cast.bob).places) == 5
