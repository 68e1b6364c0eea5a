"""Export and import: no secrets out, and no connection guessed."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from django.core.management import CommandError, call_command

from connections import lifecycle as connecting
from spojit.lib.ids import NOBODY
from tests import factories
from tests.connections import webhooks
from tests.database import BASE_DIR
from tests.workflows.graphs import definition, node
from workflows import lifecycle, transfer
from workflows.definition.schema import document_schema
from workflows.models import Workflow
from workflows.transfer import BadBinding, BadDocument
from workspaces import isolation

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast

pytestmark = pytest.mark.django_db

SCHEMA = BASE_DIR / "docs" / "workflow.schema.json"


@pytest.fixture
def service(cast: Cast) -> Connection:
    """A connection that the workflow calls."""
    return factories.make_connection(cast.workspace, name="Orders API")


@pytest.fixture
def hook(cast: Cast) -> Connection:
    """A webhook that starts it."""
    return webhooks.make_webhook(cast.workspace)


@pytest.fixture
def workflow(cast: Cast, service: Connection, hook: Connection) -> Workflow:
    """A workflow that is started by a webhook and calls a service."""
    call = {"connector": "http", "tool": "get", "arguments": {"path": "/{{ trigger.id }}"}}
    whole = definition(
        [
            node("start", "trigger", start={"type": "webhook", "connection_id": str(hook.pk)}),
            node("fetch", "connector", **call, connection_id=str(service.pk)),
        ],
        "start > fetch",
    )
    made = lifecycle.create(cast.workspace, name="Intake", actor=cast.bob, definition=whole)
    return lifecycle.tag(made, tags=["shop"], actor=cast.bob)


def ids(workflow: Workflow) -> list[str]:
    assert workflow.latest is not None
    start, fetch = workflow.latest.definition["nodes"]
    found = [start["settings"]["start"]["connection_id"], fetch["settings"]["connection_id"]]
    return [str(one) for one in found]


def test_an_export_names_connections_and_holds_no_secret(
    workflow: Workflow, service: Connection, hook: Connection
) -> None:
    document = transfer.export(workflow)

    told = {one["id"]: (one["connector"], one["name"]) for one in document["connections"]}
    assert told == {
        str(service.pk): ("http", "Orders API"),
        str(hook.pk): ("spojit_webhook", hook.name),
    }
    assert webhooks.SECRET not in json.dumps(document)
    assert (document["name"], document["tags"]) == ("Intake", ["shop"])
    jsonschema.validate(document, document_schema())


def test_the_published_schema_is_the_one_in_use() -> None:
    assert json.loads(SCHEMA.read_text()) == document_schema()


def test_an_import_in_the_same_workspace_finds_connections_by_id(
    cast: Cast, workflow: Workflow, service: Connection, hook: Connection
) -> None:
    document = transfer.export(workflow)

    needed = transfer.needs(cast.workspace, document, actor=cast.bob)
    made = transfer.import_(cast.workspace, document, bindings={}, actor=cast.bob, name="Second")

    assert {one.by for one in needed} == {"id"}
    assert ids(made) == [str(hook.pk), str(service.pk)]
    assert made.latest is not None
    assert (made.latest.problems, made.is_enabled, made.tags) == ([], False, ["shop"])


def test_an_import_elsewhere_goes_by_stable_key_and_never_by_name(
    cast: Cast, workflow: Workflow
) -> None:
    document = transfer.export(workflow)
    there = factories.make_connection(cast.next_door, name="Orders API")
    named = webhooks.make_webhook(cast.next_door)
    connecting.rename(named, name=document["connections"][1]["name"], actor=cast.mallory)

    made = transfer.import_(cast.next_door, document, bindings={}, actor=cast.mallory)

    by = {one.name: one.by for one in transfer.needs(cast.next_door, document, actor=cast.mallory)}
    assert by["Orders API"] == "stable_key"
    assert ids(made)[1] == str(there.pk)
    hooks_key = next(o for o in document["connections"] if o["connector"] == "spojit_webhook")
    expected = str(named.pk) if named.stable_key == hooks_key["stable_key"] else ""
    assert ids(made)[0] == expected


def test_what_is_not_found_leaves_a_draft_that_cannot_be_enabled(
    cast: Cast, workflow: Workflow
) -> None:
    document = transfer.export(workflow)

    made = transfer.import_(cast.next_door, document, bindings={}, actor=cast.mallory)

    assert ids(made) == ["", str(NOBODY)]
    assert made.latest is not None
    assert made.live is None
    assert {problem["field"] for problem in made.latest.problems} >= {"start.connection_id"}
    with pytest.raises(lifecycle.NotSound):
        lifecycle.enable(made, actor=cast.mallory)


def test_a_person_chooses_what_stands_for_each(
    cast: Cast, workflow: Workflow, service: Connection, hook: Connection
) -> None:
    other = factories.make_connection(cast.workspace, name="Other API")
    document = transfer.export(workflow)
    bindings = {str(service.pk): other.pk, str(hook.pk): None}

    made = transfer.import_(
        cast.workspace, document, bindings=bindings, actor=cast.bob, name="Second"
    )

    assert ids(made) == ["", str(other.pk)]


def test_nothing_is_bound_that_does_not_fit(
    cast: Cast, workflow: Workflow, service: Connection, hook: Connection
) -> None:
    document = transfer.export(workflow)
    theirs = factories.make_connection(cast.next_door)
    private = factories.make_connection(cast.workspace, is_private=True)
    for wrong in (hook.pk, theirs.pk, private.pk):
        with pytest.raises(BadBinding):
            transfer.import_(
                cast.workspace, document, bindings={str(service.pk): wrong}, actor=cast.bob
            )
    with pytest.raises(BadBinding):
        transfer.import_(cast.workspace, document, bindings={"x": None}, actor=cast.bob)

    with isolation.workspace(cast.workspace):
        assert Workflow.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"name": 3},
        {"connections": {}},
        {"connections": [{"id": 1}]},
        {"connections": [{"id": "a", "stable_key": "b", "connector": "c", "name": 4}]},
        {"tags": "shop"},
    ],
)
def test_what_is_no_export_is_refused(
    cast: Cast, workflow: Workflow, change: dict[str, Any]
) -> None:
    document = transfer.export(workflow) | change

    with pytest.raises(BadDocument):
        transfer.import_(cast.workspace, document, bindings={}, actor=cast.bob)
    with pytest.raises(BadDocument):
        transfer.needs(cast.workspace, [document], actor=cast.bob)


def test_the_commands_export_and_import(
    cast: Cast, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, told = io.StringIO(), io.StringIO()
    place = ["--workspace", cast.workspace.slug]
    call_command("export_workflow", *place, "--workflow", workflow.stable_key, stdout=out)
    monkeypatch.setattr("sys.stdin", io.StringIO(out.getvalue()))

    made = io.StringIO()
    call_command("import_workflow", *place, "--name", "Second", stdout=made, stderr=told)

    assert made.getvalue().strip() == "second"
    assert "Orders API (http): Orders API, found by its id" in told.getvalue()
    with pytest.raises(CommandError, match="There is no workflow"):
        call_command("export_workflow", *place, "--workflow", "nope")
    monkeypatch.setattr("sys.stdin", io.StringIO("{"))
    with pytest.raises(CommandError, match="no JSON"):
        call_command("import_workflow", *place)
    monkeypatch.setattr("sys.stdin", io.StringIO("{}"))
    with pytest.raises(CommandError, match="This is no workflow"):
        call_command("import_workflow", *place)
