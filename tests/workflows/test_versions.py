"""Saving: a version each time, live when it is sound, with references derived from it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from connections import lifecycle as connecting, usage
from tests import factories
from tests.connections import webhooks
from tests.workflows.graphs import definition, node
from workflows import lifecycle, versions
from workflows.lifecycle import BadTags, NameMissing, NameTaken, NotSound
from workflows.models import Reference, Version, Workflow
from workflows.versions import DefinitionTooLarge, NoSuchVersion, Outdated, WorkflowGone
from workspaces import isolation
from workspaces.models import AuditEvent

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast

pytestmark = pytest.mark.django_db

GET = {"connector": "http", "tool": "get", "arguments": {"path": "/"}}


@pytest.fixture
def service(cast: Cast) -> Connection:
    """A connection that workflows call."""
    return factories.make_connection(cast.workspace, name="Orders API")


@pytest.fixture
def workflow(cast: Cast) -> Workflow:
    """A new workflow."""
    return lifecycle.create(cast.workspace, name="Order intake", actor=cast.bob)


def calling(*connections: Connection, tool: str = "get") -> dict[str, Any]:
    """Make a definition that calls each of these connections, one after another."""
    steps = [
        node(f"call_{place}", "connector", **GET | {"tool": tool, "connection_id": str(one.pk)})
        for place, one in enumerate(connections)
    ]
    path = " > ".join(["start", *(step["id"] for step in steps)])
    return definition([node("start", "trigger"), *steps], path)


def told(workflow: Workflow) -> list[tuple[str, str, bool, bool]]:
    with isolation.workspace(workflow.workspace_id):
        rows = Reference.objects.select_related("connection").order_by(
            "node_id", "connection__name"
        )
        return [(row.node_id, row.connection.name, row.is_live, row.is_latest) for row in rows]


def test_a_sound_version_goes_live_at_once(
    cast: Cast, workflow: Workflow, service: Connection
) -> None:
    version = versions.save(workflow, definition=calling(service), actor=cast.bob)

    assert (version.number, version.problems) == (2, [])
    assert workflow.live == workflow.latest == version
    assert told(workflow) == [("call_0", "Orders API", True, True)]
    [use] = _uses(service)
    assert (use.workflow_name, use.node, use.tool) == ("Order intake", "Call_0", "get")
    assert use.is_enabled is False


def test_a_version_with_problems_is_a_draft_and_the_live_one_goes_on(
    cast: Cast, workflow: Workflow, service: Connection
) -> None:
    live = versions.save(workflow, definition=calling(service), actor=cast.bob)
    other = factories.make_connection(cast.workspace, name="Second")

    draft = versions.save(workflow, definition=calling(other, tool="nope"), actor=cast.bob)

    assert [problem["field"] for problem in draft.problems] == ["tool"]
    assert (workflow.live, workflow.latest) == (live, draft)
    assert told(workflow) == [
        ("call_0", "Orders API", True, False),
        ("call_0", "Second", False, True),
    ]


def test_whatever_is_wrong_is_kept(cast: Cast, workflow: Workflow) -> None:
    cases: list[Any] = [None, [], {"nodes": [{"x": "\0\ud800"}]}, {"nodes": 3, "wires": "a"}]
    for broken in cases:
        version = versions.save(workflow, definition=broken, actor=cast.bob)
        assert version.problems
        with isolation.workspace(cast.workspace):
            version.refresh_from_db()


def test_a_definition_that_is_too_large_is_refused(cast: Cast, workflow: Workflow) -> None:
    with pytest.raises(DefinitionTooLarge):
        versions.save(workflow, definition={"nodes": ["x" * 1_000_001]}, actor=cast.bob)

    assert _numbers(workflow) == [1]


def test_who_edited_an_older_version_is_told(cast: Cast, workflow: Workflow) -> None:
    versions.save(workflow, definition=lifecycle.EMPTY, actor=cast.bob, based_on=1)

    with pytest.raises(Outdated):
        versions.save(workflow, definition=lifecycle.EMPTY, actor=cast.adam, based_on=1)

    assert _numbers(workflow) == [1, 2]


def test_an_older_version_is_restored_as_a_new_one(
    cast: Cast, workflow: Workflow, service: Connection
) -> None:
    versions.save(workflow, definition=calling(service), actor=cast.bob)

    version = versions.restore(workflow, number=1, actor=cast.adam)

    assert (version.number, version.definition) == (3, lifecycle.EMPTY)
    assert told(workflow) == []
    with pytest.raises(NoSuchVersion):
        versions.restore(workflow, number=9, actor=cast.adam)


def test_no_reference_points_into_another_workspace(cast: Cast, workflow: Workflow) -> None:
    theirs = factories.make_connection(cast.next_door, name="Theirs")

    version = versions.save(workflow, definition=calling(theirs), actor=cast.bob)

    assert [problem["message"] for problem in version.problems] == ["This connection is not here."]
    assert told(workflow) == []


def test_a_private_connection_is_bound_by_its_owner_only(cast: Cast, workflow: Workflow) -> None:
    private = factories.make_connection(cast.workspace, name="Mine", is_private=True)

    by_bob = versions.save(workflow, definition=calling(private), actor=cast.bob)
    by_alice = versions.save(workflow, definition=calling(private), actor=cast.alice)
    by_bob_again = versions.save(workflow, definition=calling(private), actor=cast.bob)

    assert [problem["field"] for problem in by_bob.problems] == ["connection_id"]
    assert (by_alice.problems, by_bob_again.problems) == ([], [])


def test_a_removed_connection_is_a_problem_that_names_it(
    cast: Cast, workflow: Workflow, service: Connection
) -> None:
    versions.save(workflow, definition=calling(service), actor=cast.bob)
    connecting.remove(service, actor=cast.alice)

    version = versions.save(workflow, definition=calling(service), actor=cast.bob)

    [problem] = version.problems
    assert problem["message"] == "The connection Orders API was removed."


def test_a_trigger_refers_to_its_webhook(cast: Cast, workflow: Workflow) -> None:
    hook = webhooks.make_webhook(cast.workspace)
    start = {"type": "webhook", "connection_id": str(hook.pk)}

    versions.save(
        workflow, definition=definition([node("start", "trigger", start=start)]), actor=cast.bob
    )

    [use] = _uses(hook)
    assert (use.node, use.tool) == ("Start", "")
    with isolation.workspace(cast.workspace):
        assert usage.counts([hook.pk, uuid.uuid4()]) == {hook.pk: 1}


def test_a_sound_workflow_is_enabled_and_an_unsound_one_is_not(
    cast: Cast, workflow: Workflow, service: Connection
) -> None:
    lifecycle.enable(workflow, actor=cast.bob)
    versions.save(workflow, definition=calling(service), actor=cast.bob)
    assert _uses(service)[0].is_enabled is True
    lifecycle.disable(workflow, actor=cast.bob)

    versions.save(workflow, definition={}, actor=cast.bob)
    with pytest.raises(NotSound):
        lifecycle.enable(workflow, actor=cast.bob)

    with isolation.workspace(cast.workspace):
        assert Workflow.objects.get().is_enabled is False


def test_names_are_unique_and_given(cast: Cast, workflow: Workflow) -> None:
    with pytest.raises(NameTaken):
        lifecycle.create(cast.workspace, name=" order  INTAKE ", actor=cast.bob)
    for bad in ("", "   ", "x" * 121, "a\x07b"):
        with pytest.raises(NameMissing):
            lifecycle.create(cast.workspace, name=bad, actor=cast.bob)
    second = lifecycle.create(cast.workspace, name="Order-intake", actor=cast.bob)

    assert (workflow.stable_key, second.stable_key) == ("order_intake", "order_intake_2")
    with pytest.raises(NameTaken):
        lifecycle.rename(second, name="Order intake", actor=cast.bob)
    lifecycle.rename(second, name="Another", actor=cast.bob)
    assert second.name == "Another"


def test_a_duplicate_begins_disabled_with_the_same_steps(
    cast: Cast, workflow: Workflow, service: Connection
) -> None:
    versions.save(workflow, definition=calling(service), actor=cast.bob)
    lifecycle.enable(workflow, actor=cast.bob)

    copy = lifecycle.duplicate(workflow, name="Copy", actor=cast.adam)

    assert copy.is_enabled is False
    assert copy.latest is not None
    assert copy.latest.definition == calling(service)
    assert len(_uses(service)) == 2


def test_tags_are_cleaned_and_bounded(cast: Cast, workflow: Workflow) -> None:
    lifecycle.tag(workflow, tags=["  Shop ", "billing", "Shop", ""], actor=cast.bob)
    assert workflow.tags == ["billing", "Shop"]
    with pytest.raises(BadTags):
        lifecycle.tag(workflow, tags=["x" * 41], actor=cast.bob)
    with pytest.raises(BadTags):
        lifecycle.tag(workflow, tags=map(str, range(21)), actor=cast.bob)  # type: ignore[arg-type]


def test_a_deleted_workflow_uses_nothing_and_takes_no_version(
    cast: Cast, workflow: Workflow, service: Connection
) -> None:
    versions.save(workflow, definition=calling(service), actor=cast.bob)
    lifecycle.enable(workflow, actor=cast.bob)

    lifecycle.remove(workflow, actor=cast.bob)

    assert _uses(service) == []
    with pytest.raises(WorkflowGone):
        versions.save(workflow, definition={}, actor=cast.bob)
    lifecycle.create(cast.workspace, name="Order intake", actor=cast.bob)  # the name is free


def test_what_is_done_is_in_the_audit_log(cast: Cast, workflow: Workflow) -> None:
    lifecycle.enable(workflow, actor=cast.bob)
    lifecycle.remove(workflow, actor=cast.adam)

    with isolation.workspace(cast.workspace):
        acts = AuditEvent.objects.filter(subject_id=workflow.pk).order_by("at", "id")
        assert [(event.act, event.actor_name) for event in acts] == [
            ("workflow.created", str(cast.bob)),
            ("workflow.saved", str(cast.bob)),
            ("workflow.enabled", str(cast.bob)),
            ("workflow.removed", str(cast.adam)),
        ]


def _uses(connection: Connection) -> list[usage.Reference]:
    with isolation.workspace(connection.workspace_id):
        return usage.references(connection)


def _numbers(workflow: Workflow) -> list[int]:
    with isolation.workspace(workflow.workspace_id):
        rows = Version.objects.filter(workflow=workflow).order_by("number")
        return list(rows.values_list("number", flat=True))
