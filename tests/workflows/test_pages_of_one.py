"""Pages of one workflow: new, duplicated, its versions side by side, its settings, its removal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from tests import factories
from tests.workflows.graphs import definition, node
from workflows import dependents, drafts, lifecycle, runs, tuning, versions
from workflows.models import Workflow
from workspaces.models import AuditEvent

if TYPE_CHECKING:
    from django.test import Client

    from connections.models import Connection
    from tests.factories import Cast

pytestmark = pytest.mark.django_db

START = node("start", "trigger")


@pytest.fixture
def bob(cast: Cast) -> Client:
    """Bob at his browser."""
    return factories.signed_in(cast.bob)


@pytest.fixture
def flow(cast: Cast) -> Workflow:
    """A workflow with three versions, the third with a problem."""
    made = make(cast, "Flow", [START, node("a", values={"x": "one"})])
    for nodes in (
        [START, node("a", values={"x": "two"})],
        [START, node("b", "connector", tool="")],
    ):
        versions.save(made, definition=whole(nodes), actor=cast.bob)
    return made


def whole(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    return definition(nodes, " > ".join(one["id"] for one in nodes))


def make(cast: Cast, name: str, nodes: list[dict[str, Any]] | None = None) -> Workflow:
    given = whole(nodes) if nodes else None
    return lifecycle.create(cast.workspace, name=name, actor=cast.bob, definition=given)


def url(workflow: Workflow, name: str, **arguments: Any) -> str:
    arguments = {"slug": workflow.workspace.slug, "workflow_id": workflow.pk, **arguments}
    return reverse(f"workflows:{name}", kwargs=arguments)


def in_workspace(cast: Cast, name: str) -> str:
    return reverse(f"workflows:{name}", kwargs={"slug": cast.workspace.slug})


def find(cast: Cast, **told: Any) -> Any:
    with factories.scope(cast.workspace):
        return Workflow.objects.select_related("latest", "live").get(**told)


def acts(cast: Cast, workflow: Workflow) -> list[str]:
    with factories.scope(cast.workspace):
        rows = AuditEvent.objects.filter(subject_id=workflow.pk)
        return sorted(rows.values_list("act", flat=True))


def test_a_new_one_needs_a_name_and_opens_in_the_designer(cast: Cast, bob: Client) -> None:
    answer = bob.post(in_workspace(cast, "new"), {"name": "Greet"})
    assert answer.headers["Location"] == url(find(cast, name="Greet"), "designer")
    again = bob.post(in_workspace(cast, "new"), {"name": " greet "})
    assert again.status_code == 422
    assert "Another workflow already has this name." in again.content.decode()


def test_a_duplicate_is_suggested_a_free_name(cast: Cast, bob: Client, flow: Workflow) -> None:
    make(cast, "flow COPY")
    page = bob.get(url(flow, "duplicate")).content.decode()
    assert 'value="Flow copy 2"' in page
    bob.post(url(flow, "duplicate"), {"name": "Flow copy 2"})
    assert (
        find(cast, name="Flow copy 2").latest.definition == find(cast, pk=flow.pk).latest.definition
    )


def test_an_export_is_a_file_that_tells_no_private_name(cast: Cast, bob: Client) -> None:
    hidden = factories.make_connection(
        cast.workspace, name="Project X", actor=cast.alice, is_private=True
    )
    made = lifecycle.create(
        cast.workspace, name="Ä flow", actor=cast.alice, definition=calling(hidden)
    )
    answer = bob.get(url(made, "export"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a-flow.workflow.json"'
    told = {"id": str(hidden.pk), "stable_key": "", "connector": "http"}
    [connection] = json.loads(answer.content)["connections"]
    assert connection == {**told, "name": "a private connection of Alice"}
    seen = factories.signed_in(cast.adam).get(url(made, "export")).content.decode()
    assert "Project X" in seen


def calling(connection: Connection) -> dict[str, Any]:
    call = {"connector": "http", "tool": "get", "arguments": {"path": "/"}}
    return whole([START, node("fetch", "connector", **call, connection_id=str(connection.pk))])


def test_versions_are_listed_with_what_they_are(cast: Cast, bob: Client, flow: Workflow) -> None:
    rows = bob.get(url(flow, "versions")).context["rows"]
    told = [(row["number"], row["is_live"], row["is_latest"], row["problem_count"]) for row in rows]
    assert told == [(3, False, True, 1), (2, True, False, 0), (1, False, False, 0)]
    assert [bool(row["restore_url"]) for row in rows] == [False, True, True]
    viewed = factories.signed_in(cast.vera).get(url(flow, "versions")).content.decode()
    assert "Restore" not in viewed


def test_two_versions_stand_side_by_side(cast: Cast, bob: Client, flow: Workflow) -> None:
    page = bob.get(url(flow, "version", number=2) + "?with=1")
    [node_a] = page.context["differences"]["nodes"]
    assert (node_a["change"], node_a["fields"]) == ("changed", [("values.x", "one", "two")])
    text = page.content.decode()
    assert "<del>one</del>" in text
    assert "<ins>two</ins>" in text
    last = bob.get(url(flow, "version", number=3) + "?with=2").context["differences"]
    assert (last["added"], last["removed"], last["same"]) == (1, 1, ["Start"])
    for path in ("?with=9", "?with=x", "?with=%C2%B2"):
        assert bob.get(url(flow, "version", number=3) + path).status_code == 404
    assert bob.get(url(flow, "version", number=9)).status_code == 404


def test_a_version_names_what_its_ids_stand_for(cast: Cast, bob: Client) -> None:
    hidden = factories.make_connection(
        cast.workspace, name="Project X", actor=cast.alice, is_private=True
    )
    other = make(cast, "Other")
    nodes = [
        *calling(hidden)["nodes"],
        node("call", "sub_workflow", workflow_id=str(other.pk)),
        node("ask", "approval", message="?", approvers=[str(cast.adam.pk), "nobody"]),
    ]
    made = lifecycle.create(
        cast.workspace, name="All", actor=cast.alice, definition=definition(nodes)
    )
    page = bob.get(url(made, "version", number=1))
    fields = [one for each in page.context["differences"]["nodes"] for one in each["fields"]]
    shown = {field.path: field.after for field in fields}
    assert shown["connection_id"] == "a private connection of Alice"
    assert shown["workflow_id"] == "Other"
    assert (shown["approvers[0]"], shown["approvers[1]"]) == ("Adam", "nobody")
    assert "Project X" not in page.content.decode()


def test_an_older_version_comes_back_as_the_latest(cast: Cast, bob: Client, flow: Workflow) -> None:
    answer = bob.post(url(flow, "restoration", number=1), follow=True)
    assert "Version 1 is back as version 4, and live." in answer.content.decode()
    found = find(cast, pk=flow.pk)
    assert (found.latest.number, found.live.number) == (4, 4)
    draft = drafts.current(found)
    assert draft.definition["nodes"][1]["settings"] == {"values": {"x": "one"}}
    assert draft.is_saved
    assert bob.post(url(flow, "restoration", number=9)).status_code == 404


@pytest.mark.parametrize(
    ("sent", "column", "expected", "act"),
    [
        ({"form": "name", "name": "Other name"}, "name", "Other name", "workflow.renamed"),
        ({"form": "tags", "tags": "b, a ,b,"}, "tags", ["a", "b"], "workflow.tagged"),
        ({"form": "key", "stable_key": "my_key"}, "stable_key", "my_key", "workflow.rekeyed"),
        (
            {"form": "runs", "most_at_once": "3", "hold_hours": "48"},
            "most_at_once",
            3,
            "workflow.tuned",
        ),
    ],
)
def test_each_setting_is_kept_and_written_down(
    cast: Cast, bob: Client, sent: dict[str, str], column: str, expected: Any, act: str
) -> None:
    made = make(cast, "Flow")
    answer = bob.post(url(made, "settings"), sent)
    assert answer.headers["Location"] == url(made, "settings")
    assert getattr(find(cast, pk=made.pk), column) == expected
    assert act in acts(cast, made)


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"form": "name", "name": "taken"}, "Another workflow already has this name."),
        ({"form": "tags", "tags": ",".join("abcdefghijklmnopqrstuvwxyz")}, "at most 20 tags"),
        ({"form": "key", "stable_key": "taken"}, "Another workflow already has this stable key."),
        ({"form": "key", "stable_key": "No Key"}, "small letters, digits and underscores"),
        ({"form": "runs", "most_at_once": "-1", "hold_hours": "0"}, "greater than or equal to 1"),
        ({"form": "nonsense"}, "Danger zone"),
    ],
)
def test_what_will_not_do_is_told_and_changes_nothing(
    cast: Cast, bob: Client, sent: dict[str, str], error: str
) -> None:
    make(cast, "Taken")
    made = make(cast, "Flow")
    before = acts(cast, made)
    answer = bob.post(url(made, "settings"), sent)
    assert answer.status_code == 422
    assert error in answer.content.decode()
    found = find(cast, pk=made.pk)
    kept = (found.name, found.tags, found.stable_key, found.most_at_once, found.hold_hours)
    assert kept == ("Flow", [], "flow", 0, 24)
    assert acts(cast, made) == before


def test_an_error_workflow_is_another_one_that_is_enabled(cast: Cast, bob: Client) -> None:
    made, other, off = make(cast, "Flow"), make(cast, "Tell us"), make(cast, "Off")
    lifecycle.enable(other, actor=cast.bob)
    lifecycle.enable(made, actor=cast.bob)
    limits = {"form": "runs", "most_at_once": "0", "hold_hours": "24"}
    bob.post(url(made, "settings"), {**limits, "error_workflow": str(other.pk)})
    assert find(cast, pk=made.pk).error_workflow_id == other.pk
    for wrong in (off, made):
        answer = bob.post(url(made, "settings"), {**limits, "error_workflow": str(wrong.pk)})
        assert answer.status_code == 422
        with pytest.raises(tuning.BadErrorWorkflow):
            tuning.tune(
                made, error_workflow_id=wrong.pk, most_at_once=0, hold_hours=1, actor=cast.bob
            )
    lifecycle.disable(other, actor=cast.bob)
    assert "Tell us (disabled)" in bob.get(url(made, "settings")).content.decode()
    bob.post(url(made, "settings"), {**limits, "error_workflow": ""})
    assert find(cast, pk=made.pk).error_workflow_id is None


def test_removal_says_who_needs_it_and_wants_the_name_while_enabled(
    cast: Cast, bob: Client
) -> None:
    made = lifecycle.enable(make(cast, "Flow"), actor=cast.bob)
    step = node("call", "sub_workflow", workflow_id=str(made.pk))
    make(cast, "Caller", [START, step])
    keeper = make(cast, "Keeper")
    tuning.tune(keeper, error_workflow_id=made.pk, most_at_once=0, hold_hours=24, actor=cast.bob)
    runs.start(made, trigger="manual", data={})
    page = bob.get(url(made, "remove"))
    assert [row["name"] for row in page.context["callers"]] == ["Caller"]
    assert [row["name"] for row in page.context["failing"]] == ["Keeper"]
    assert "1 run is not finished, and will go on to the end." in page.context["breaks"]
    wrong = bob.post(url(made, "remove"), {"name": "flow"})
    assert wrong.status_code == 422
    assert find(cast, pk=made.pk).removed_at is None
    answer = bob.post(url(made, "remove"), {"name": "Flow"})
    assert answer.headers["Location"] == in_workspace(cast, "list")
    assert find(cast, pk=made.pk).removed_at is not None
    assert find(cast, pk=keeper.pk).error_workflow_id is None
    assert bob.get(url(made, "settings")).status_code == 404


def test_a_disabled_one_that_nobody_needs_is_removed_without_its_name(
    cast: Cast, bob: Client
) -> None:
    made = make(cast, "Flow")
    assert dependents.of(made) == dependents.Dependents([], [], 0)
    bob.post(url(made, "remove"))
    assert find(cast, pk=made.pk).removed_at is not None
