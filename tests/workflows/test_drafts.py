"""Drafts: each edit a revision, undo and redo along them, and two people at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workflows.graphs import definition, node
from workflows import drafts, lifecycle, versions
from workflows.definition import editing
from workflows.definition.parts import NoSuchNode
from workflows.drafts import NothingToRedo, NothingToUndo, Overtaken
from workflows.models import Revision, Workflow
from workflows.versions import DefinitionTooLarge, WorkflowGone
from workspaces import isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    from tests.factories import Cast
    from workspaces.models import User

pytestmark = pytest.mark.django_db

START = definition([node("start", "trigger")])


@pytest.fixture
def workflow(cast: Cast) -> Workflow:
    """A workflow with a version, and no draft yet."""
    return lifecycle.create(cast.workspace, name="Intake", actor=cast.bob, definition=START)


def add(workflow: Workflow, actor: User, *, after: str = "start", kind: str = "transform") -> Any:
    def change(before: Any) -> Any:
        return editing.add(before, kind=kind, after=after, output="next")[0]

    return drafts.edit(workflow, change, said=f"Added {kind.title()}", actor=actor)


def tell(
    workflow: Workflow, actor: User | Actor, node_id: str, *, based_on: int | None, **values: Any
) -> drafts.Draft:
    """Tell a transform step other values."""

    def change(before: Any) -> Any:
        return editing.set_settings(before, node_id=node_id, settings={"values": values})

    said = f"Changed {node_id}"
    return drafts.edit(workflow, change, said=said, actor=actor, node_id=node_id, based_on=based_on)


def ids(draft: drafts.Draft) -> list[str]:
    return [one["id"] for one in draft.definition["nodes"]]


def rows(workflow: Workflow) -> list[tuple[int, str, str, int | None]]:
    with isolation.workspace(workflow.workspace_id):
        found = Revision.objects.filter(workflow=workflow).order_by("number")
        return [(row.number, row.said, row.node_id, row.saved_as) for row in found]


def test_the_draft_is_the_latest_version_until_somebody_edits(
    cast: Cast, workflow: Workflow
) -> None:
    before = drafts.current(workflow)
    assert before == drafts.Draft(0, START, "", str(cast.bob), True, False, False)

    after = add(workflow, cast.bob)

    assert rows(workflow) == [(1, "Version 1", "", 1), (2, "Added Transform", "transform", None)]
    assert ids(after) == ["start", "transform"]
    assert (after.number, after.by, after.is_saved) == (2, str(cast.bob), False)
    assert (after.can_undo, after.can_redo) == (True, False)
    assert drafts.current(workflow) == after


def test_undo_and_redo_walk_every_edit_and_an_edit_drops_what_was_undone(
    cast: Cast, workflow: Workflow
) -> None:
    seen = [add(workflow, cast.bob).definition for _ in range(3)]

    assert [ids(drafts.undo(workflow)) for _ in range(3)][-1] == ["start"]
    with pytest.raises(NothingToUndo):
        drafts.undo(workflow)
    assert [drafts.redo(workflow).definition for _ in range(3)] == seen
    with pytest.raises(NothingToRedo):
        drafts.redo(workflow)

    drafts.undo(workflow)
    after = add(workflow, cast.bob, kind="delay")
    assert ids(after) == ["start", "delay", "transform_2", "transform"]
    assert [number for number, *_ in rows(workflow)] == [1, 2, 3, 5]
    assert (after.can_undo, after.can_redo) == (True, False)


def test_an_edit_that_changes_nothing_is_no_revision(cast: Cast, workflow: Workflow) -> None:
    after = drafts.edit(workflow, dict, said="Nothing", actor=cast.bob)

    assert after.number == 0
    assert rows(workflow) == []


def test_what_is_refused_changes_nothing(cast: Cast, workflow: Workflow) -> None:
    big = {"nodes": ["x" * 1_000_000], "wires": []}
    with pytest.raises(DefinitionTooLarge):
        drafts.edit(workflow, lambda _: big, said="Grew", actor=cast.bob)
    with pytest.raises(NoSuchNode):
        add(workflow, cast.bob, after="nowhere")
    lifecycle.remove(workflow, actor=cast.bob)
    with pytest.raises(WorkflowGone):
        add(workflow, cast.bob)

    assert rows(workflow) == []


def test_saving_marks_the_revision_and_undo_goes_past_it(cast: Cast, workflow: Workflow) -> None:
    add(workflow, cast.bob)
    version = drafts.save(workflow, actor=cast.bob, note="with a step")
    assert (version.number, version.note, workflow.latest) == (2, "with a step", version)
    assert drafts.current(workflow).is_saved is True
    assert drafts.save(workflow, actor=cast.bob) == version

    add(workflow, cast.bob)
    assert [drafts.undo(workflow).is_saved for _ in range(2)] == [True, False]
    again = drafts.save(workflow, actor=cast.alice)

    assert (again.number, again.definition, again.created_by_name) == (3, START, str(cast.alice))
    assert [saved_as for *_, saved_as in rows(workflow)] == [3, 2, None]


def test_a_draft_with_problems_is_saved_and_the_live_version_goes_on(
    cast: Cast, workflow: Workflow
) -> None:
    add(workflow, cast.bob, kind="condition")
    version = drafts.save(workflow, actor=cast.bob)

    assert [one["message"] for one in version.problems] == ["Give an expression, or comparisons."]
    assert workflow.live is not None
    assert workflow.live.number == 1
    assert drafts.save(workflow, actor=cast.bob).number == 3, "it is checked once more"


def test_what_was_saved_elsewhere_follows_as_one_more_edit(cast: Cast, workflow: Workflow) -> None:
    assert drafts.follow(workflow, actor=cast.bob).number == 0, "there is no draft to follow"
    mine = add(workflow, cast.bob)
    versions.restore(workflow, number=1, actor=cast.alice)

    followed = drafts.follow(workflow, actor=cast.alice)

    assert (followed.said, followed.by, followed.is_saved) == ("Version 2", str(cast.alice), True)
    assert followed.definition == START
    assert drafts.undo(workflow).definition == mine.definition
    assert drafts.discard(workflow, actor=cast.bob).said == "Went back to version 2"


def test_two_people_edit_different_steps_and_both_count(cast: Cast, workflow: Workflow) -> None:
    add(workflow, cast.bob)
    base = add(workflow, cast.bob)

    tell(workflow, cast.alice, "transform", based_on=base.number, a=1)
    after = tell(workflow, cast.bob, "transform_2", based_on=base.number, b=2)

    told = {one["id"]: one["settings"].get("values") for one in after.definition["nodes"]}
    assert told == {"start": None, "transform": {"a": 1}, "transform_2": {"b": 2}}


def test_who_comes_second_at_the_same_step_is_told_by_whom(cast: Cast, workflow: Workflow) -> None:
    base = add(workflow, cast.bob)
    hers = tell(workflow, cast.alice, "transform", based_on=base.number, a=1)

    with pytest.raises(Overtaken) as told:
        tell(workflow, cast.bob, "transform", based_on=base.number, a=2)
    assert told.value.message == f"{cast.alice} changed this step meanwhile: Changed transform."
    assert drafts.current(workflow) == hers

    assert tell(workflow, cast.alice, "transform", based_on=base.number, a=3).number == 4
    assert tell(workflow, cast.bob, "transform", based_on=4, a=4).number == 5


def test_a_change_that_was_undone_or_names_no_step_is_noticed_too(
    cast: Cast, workflow: Workflow
) -> None:
    base = add(workflow, cast.bob)
    tell(workflow, cast.alice, "transform", based_on=base.number, a=1)
    drafts.undo(workflow)
    assert tell(workflow, cast.bob, "transform", based_on=base.number, a=2).number == 4

    def all_other(before: Any) -> Any:
        return before | {"nodes": [one | {"name": "Other"} for one in before["nodes"]]}

    drafts.edit(workflow, all_other, said="Moved every step", actor=Actor.system("Spojit"))
    with pytest.raises(Overtaken, match=r"Spojit changed this step meanwhile: Moved every step\."):
        tell(workflow, cast.bob, "transform", based_on=4, a=3)


def test_at_most_two_hundred_revisions_are_kept(
    cast: Cast, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert drafts.MOST_KEPT == 200
    monkeypatch.setattr(drafts, "MOST_KEPT", 4)
    for value in range(6):
        said = f"Value {value}"
        whole = definition([node("start", "trigger"), node("step", values={"a": value})])
        drafts.edit(workflow, lambda _, whole=whole: whole, said=said, actor=cast.bob)  # type: ignore[misc]

    assert [said for _, said, *_ in rows(workflow)] == [f"Value {value}" for value in range(2, 6)]
    assert [drafts.undo(workflow).can_undo for _ in range(3)] == [True, True, False]


def test_next_door_has_no_such_revision(cast: Cast, workflow: Workflow) -> None:
    add(workflow, cast.bob)

    with isolation.workspace(cast.next_door):
        assert Revision.objects.count() == 0
