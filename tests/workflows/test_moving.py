"""Using another connection instead: everything that was chosen moves in one act, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connections import lifecycle as connecting, usage
from tests import factories
from tests.connections import webhooks
from tests.workflows.graphs import definition, node
from workflows import drafts, lifecycle, moving, versions
from workflows.models import Reference, Version, Workflow
from workflows.moving import CannotMove, Changed, NothingChosen
from workspaces import isolation
from workspaces.models import AuditEvent

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(cast: Cast) -> Connection:
    """The connection that workflows use."""
    return factories.make_connection(cast.workspace, name="Orders - Old")


@pytest.fixture
def new(cast: Cast) -> Connection:
    """The one that they are to use."""
    return factories.make_connection(cast.workspace, name="Orders - New")


def calls(*pairs: tuple[str, Connection], tool: str = "get") -> dict[str, Any]:
    """Make a definition of calls, one after another."""
    steps = [
        node(
            name,
            "connector",
            connector=one.connector_id,
            tool=tool,
            connection_id=str(one.pk),
            arguments={"path": "/"} if one.connector_id == "http" else {},
        )
        for name, one in pairs
    ]
    path = " > ".join(["start", *(step["id"] for step in steps)])
    return definition([node("start", "trigger"), *steps], path)


def made(cast: Cast, name: str, whole: dict[str, Any]) -> Workflow:
    workflow = lifecycle.create(cast.workspace, name=name, actor=cast.bob, definition=whole)
    assert workflow.latest is not None
    assert workflow.latest.problems == []
    return lifecycle.enable(workflow, actor=cast.bob)


def fresh(workflow: Workflow) -> Workflow:
    with isolation.workspace(workflow.workspace_id):
        rows = Workflow.objects.select_related("live", "latest", "draft")
        found: Workflow = rows.get(pk=workflow.pk)
        return found


def bound(version: Version | None) -> dict[str, str]:
    """Give the connection of each step by its ID."""
    assert version is not None
    found = {}
    for one in version.definition["nodes"]:
        settings = one["settings"].get("start", one["settings"])
        if "connection_id" in settings:
            found[one["id"]] = settings["connection_id"]
    return found


def told(connection: Connection, to: Connection, actor: Any) -> dict[str, str]:
    """Say of each step what keeps it from moving."""
    shown = moving.preview(connection, to=to, actor=actor)
    return {f"{one.workflow_name}/{one.node_id}": one.problem for one in shown.places}


def used_by(connection: Connection) -> int:
    with isolation.workspace(connection.workspace_id):
        return len(usage.references(connection))


def acts(cast: Cast) -> list[tuple[str, str, dict[str, Any]]]:
    with isolation.workspace(cast.workspace):
        rows = AuditEvent.objects.filter(act__in=["workflow.moved", "connection.replaced"])
        return [(row.act, row.subject_name, row.details) for row in rows.order_by("at", "pk")]


def test_all_steps_of_all_workflows_move_and_nothing_uses_the_old_one_any_more(
    cast: Cast, old: Connection, new: Connection
) -> None:
    greet = made(cast, "Greet", calls(("one", old), ("two", old)))
    tidy = made(cast, "Tidy", calls(("only", old)))
    both = {"one": str(new.pk), "two": str(new.pk)}

    moved = moving.move(old, to=new, actor=cast.bob)

    assert (len(moved.workflows), moved.steps, moved.is_left) == (2, 3, False)
    for workflow, steps in ((greet, both), (tidy, {"only": str(new.pk)})):
        now = fresh(workflow)
        assert now.live == now.latest
        assert bound(now.live) == steps
        assert now.live.number == 2  # type: ignore[union-attr]
        assert now.live.note == "Uses Orders - New instead of Orders - Old"  # type: ignore[union-attr]
        assert now.is_enabled
    assert (used_by(old), used_by(new)) == (0, 3)
    assert acts(cast) == [
        ("workflow.moved", "Greet", {"from": old.name, "to": new.name, "steps": 2}),
        ("workflow.moved", "Tidy", {"from": old.name, "to": new.name, "steps": 1}),
        (
            "connection.replaced",
            old.name,
            {"to": new.name, "workflows": ["Greet", "Tidy"], "steps": 3},
        ),
    ]


def test_chosen_steps_move_and_the_others_stay(
    cast: Cast, old: Connection, new: Connection
) -> None:
    greet = made(cast, "Greet", calls(("one", old), ("two", old)))
    tidy = made(cast, "Tidy", calls(("only", old)))

    moved = moving.move(old, to=new, chosen=[f"{greet.pk}:two"], actor=cast.bob)

    assert (moved.steps, moved.is_left) == (1, True)
    assert bound(fresh(greet).live) == {"one": str(old.pk), "two": str(new.pk)}
    assert fresh(tidy).latest.number == 1  # type: ignore[union-attr]
    assert used_by(old) == 2


def test_what_is_live_and_what_is_a_draft_each_get_a_version_and_stay_what_they_are(
    cast: Cast, old: Connection, new: Connection
) -> None:
    greet = made(cast, "Greet", calls(("one", old)))
    unsound = calls(("one", old), ("two", old), tool="nope")
    versions.save(greet, definition=unsound, actor=cast.bob)

    moving.move(old, to=new, actor=cast.bob)

    now = fresh(greet)
    assert bound(now.live) == {"one": str(new.pk)}
    assert bound(now.latest) == {"one": str(new.pk), "two": str(new.pk)}
    assert (now.live.number, now.latest.number) == (3, 4)  # type: ignore[union-attr]
    assert now.latest.problems != []  # type: ignore[union-attr]
    assert used_by(old) == 0


def test_a_draft_that_nobody_saved_moves_too_and_keeps_its_edits(
    cast: Cast, old: Connection, new: Connection
) -> None:
    greet = made(cast, "Greet", calls(("one", old)))
    plain = made(cast, "Plain", calls(("one", new)))
    more = calls(("one", old), ("two", old))
    drafts.edit(greet, lambda _: more, said="Added Two", actor=cast.bob)
    drafts.edit(plain, lambda _: calls(("one", old)), said="Changed One", actor=cast.bob)
    shown = moving.preview(old, to=new, actor=cast.bob)
    assert [(one.workflow_name, one.node_id, one.stands_in) for one in shown.places] == [
        ("Greet", "one", ("live", "latest", "draft")),
        ("Greet", "two", ("draft",)),
        ("Plain", "one", ("draft",)),
    ]

    moving.move(old, to=new, actor=cast.bob)

    draft = drafts.current(greet)
    assert draft.said == "Uses Orders - New instead of Orders - Old"
    assert not draft.is_saved
    nodes = [one["settings"].get("connection_id") for one in draft.definition["nodes"]]
    assert nodes == [None, str(new.pk), str(new.pk)]
    assert bound(fresh(greet).live) == {"one": str(new.pk)}
    assert fresh(plain).latest.number == 1  # type: ignore[union-attr]
    assert bound(fresh(plain).draft) == {"one": str(new.pk)}  # type: ignore[arg-type]
    assert moving.preview(old, to=new, actor=cast.bob).places == ()


def test_a_draft_that_was_saved_follows_what_is_saved_here(
    cast: Cast, old: Connection, new: Connection
) -> None:
    greet = made(cast, "Greet", calls(("one", old)))
    drafts.edit(greet, lambda _: calls(("two", old)), said="Renamed", actor=cast.bob)
    drafts.save(greet, actor=cast.bob)

    moving.move(old, to=new, actor=cast.bob)

    assert drafts.current(greet).is_saved
    assert bound(fresh(greet).draft) == {"two": str(new.pk)}  # type: ignore[arg-type]


def test_nothing_moves_when_one_step_may_not_and_the_step_is_named(cast: Cast) -> None:
    old = factories.make_connection(cast.workspace, connector_key="github", name="GH")
    poor = factories.make_connection(
        cast.workspace, connector_key="github", name="GH poor", scopes=["read:user"]
    )
    issue = node(
        "issue",
        "connector",
        connector="github",
        tool="create_issue",
        connection_id=str(old.pk),
        arguments={"owner": "a", "repo": "b", "title": "c"},
    )
    whole = definition([node("start", "trigger"), issue], "start > issue")
    easy = definition(
        [node("start", "trigger"), issue | {"settings": issue["settings"] | {
            "tool": "request", "arguments": {"method": "GET", "path": "/user"}}}],
        "start > issue",
    )  # fmt: skip
    strict, fine = made(cast, "Strict", whole), made(cast, "Fine", easy)

    assert told(old, poor, cast.bob) == {
        "Fine/issue": "",
        "Strict/issue": "GH poor was not granted repo.",
    }
    with pytest.raises(CannotMove, match=r"Issue of Strict: GH poor was not granted repo\."):
        moving.move(old, to=poor, actor=cast.bob)

    assert used_by(old) == 2
    assert [fresh(one).latest.number for one in (strict, fine)] == [1, 1]  # type: ignore[union-attr]
    assert acts(cast) == []
    moving.move(old, to=poor, chosen=[f"{fine.pk}:issue"], actor=cast.bob)
    assert (used_by(old), used_by(poor)) == (1, 1)


def test_a_live_version_that_could_not_go_live_again_stays_with_the_old_connection(
    cast: Cast, old: Connection, new: Connection
) -> None:
    gone = factories.make_connection(cast.workspace, name="Gone")
    greet = made(cast, "Greet", calls(("one", old), ("two", gone)))
    connecting.remove(gone, actor=cast.alice)

    problem = told(old, new, cast.bob)["Greet/one"]
    with pytest.raises(CannotMove):
        moving.move(old, to=new, actor=cast.bob)

    assert problem == "What is live could not go live again: The connection Gone was removed."
    assert bound(fresh(greet).live)["one"] == str(old.pk)


def test_only_what_is_alike_and_open_to_a_person_is_offered(cast: Cast, old: Connection) -> None:
    same = factories.make_connection(cast.workspace, name="Same")
    factories.make_connection(cast.workspace, name="Secret", actor=cast.adam, is_private=True)
    gone = factories.make_connection(cast.workspace, name="Gone")
    connecting.remove(gone, actor=cast.alice)
    other = factories.make_connection(cast.workspace, connector_key="github", name="Other")

    offered = [
        [row.name for row in moving.fitting(old, actor=who)] for who in (cast.bob, cast.adam)
    ]

    assert offered == [["Same"], ["Same", "Secret"]]
    made(cast, "Greet", calls(("one", old)))
    assert told(old, other, cast.bob) == {"Greet/one": "Other is a connection of another kind."}
    assert told(old, same, cast.bob) == {"Greet/one": ""}


def test_a_private_connection_is_neither_given_nor_taken_by_who_may_not_use_it(
    cast: Cast, old: Connection, new: Connection
) -> None:
    greet = made(cast, "Greet", calls(("one", old)))
    private = factories.make_connection(
        cast.workspace, name="Private", actor=cast.adam, is_private=True
    )

    for pair in ((old, private), (private, new)):
        if pair[0] is private:
            moving.move(old, to=private, actor=cast.adam)
        with pytest.raises(CannotMove, match="private"):
            moving.move(pair[0], to=pair[1], actor=cast.bob)

    now = fresh(greet)
    assert bound(now.live) == {"one": str(private.pk)}
    assert now.latest.note == "Uses a private connection of Adam instead of Orders - Old"  # type: ignore[union-attr]


def test_triggers_move_from_webhook_to_webhook(cast: Cast) -> None:
    old, new = (webhooks.make_webhook(cast.workspace, name=name) for name in ("Hook", "Hook 2"))
    start = node("start", "trigger", start={"type": "webhook", "connection_id": str(old.pk)})
    made(cast, "On order", definition([start, node("a")], "start > a"))

    assert [row.name for row in moving.fitting(old, actor=cast.bob)] == ["Hook 2"]
    moving.move(old, to=new, actor=cast.bob)

    with isolation.workspace(cast.workspace):
        [row] = Reference.objects.all()
        assert (row.connection_id, row.tool, row.is_live) == (new.pk, "", True)


def test_what_is_gone_meanwhile_moves_nothing(cast: Cast, old: Connection, new: Connection) -> None:
    greet = made(cast, "Greet", calls(("one", old)))

    with pytest.raises(NothingChosen):
        moving.move(old, to=new, chosen=[], actor=cast.bob)
    with pytest.raises(Changed):
        moving.move(old, to=new, chosen=[f"{greet.pk}:one", f"{greet.pk}:two"], actor=cast.bob)
    connecting.remove(new, actor=cast.alice)
    with pytest.raises(CannotMove, match="not here any more"):
        moving.move(old, to=new, actor=cast.bob)

    assert bound(fresh(greet).live) == {"one": str(old.pk)}
