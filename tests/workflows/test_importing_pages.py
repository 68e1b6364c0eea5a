"""Importing by hand: what a file needs, what is proposed for it, and what is left open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from spojit.lib.ids import NOBODY
from tests import factories
from tests.workflows.graphs import definition, node
from workflows import lifecycle, transfer
from workflows.models import Workflow

if TYPE_CHECKING:
    from django.test import Client

    from connections.models import Connection
    from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(cast: Cast) -> Connection:
    """What the workflow calls."""
    return factories.make_connection(cast.workspace, name="Orders API")


@pytest.fixture
def document(cast: Cast, service: Connection) -> dict[str, Any]:
    """An exported workflow that calls the service."""
    call = {"connector": "http", "tool": "get", "arguments": {"path": "/"}}
    fetch = node("fetch", "connector", **call, connection_id=str(service.pk))
    whole = definition([node("start", "trigger"), fetch], "start > fetch")
    made = lifecycle.create(cast.workspace, name="Intake", actor=cast.bob, definition=whole)
    return transfer.export(made)


@pytest.fixture
def bob(cast: Cast) -> Client:
    """Bob at his browser."""
    return factories.signed_in(cast.bob)


def url(cast: Cast) -> str:
    return reverse("workflows:import", kwargs={"slug": cast.workspace.slug})


def ask(client: Client, cast: Cast, document: Any) -> Any:
    text = document if isinstance(document, str) else json.dumps(document)
    return client.post(url(cast), {"text": text})


def answer(client: Client, cast: Cast, asked: Any, **values: str) -> Any:
    sent = {"document": asked.context["document"], "name": "Intake again", **values}
    return client.post(url(cast), sent, follow=True)


def imported(cast: Cast) -> tuple[Workflow, str]:
    """Find what was imported, and the connection of its second step."""
    with factories.scope(cast.workspace):
        found = Workflow.objects.select_related("latest").get(name="Intake again")
    assert not found.is_enabled
    assert found.latest is not None
    return found, found.latest.definition["nodes"][1]["settings"]["connection_id"]


def test_the_same_connection_is_found_by_its_id(
    cast: Cast, bob: Client, service: Connection, document: dict[str, Any]
) -> None:
    assert bob.get(url(cast)).status_code == 200
    asked = ask(bob, cast, document)
    [row] = asked.context["rows"]
    assert (row["by"], row["found"]) == ("id", service)
    page = asked.content.decode()
    assert "The same connection, by its ID: Orders API" in page
    assert 'value="Intake 2"' in page
    with factories.scope(cast.workspace):
        assert Workflow.objects.count() == 1
    arrived = answer(bob, cast, asked, connection_0=str(service.pk))
    workflow, bound = imported(cast)
    assert bound == str(service.pk)
    assert workflow.latest is not None
    assert workflow.latest.is_sound
    assert arrived.redirect_chain[-1][0].endswith(f"/workflows/{workflow.pk}/")


def test_a_stable_key_proposes_and_the_page_says_so(
    cast: Cast, bob: Client, document: dict[str, Any], service: Connection
) -> None:
    document["connections"][0]["id"] = "11111111-1111-4111-8111-111111111111"
    asked = ask(bob, cast, document)
    assert asked.context["rows"][0]["by"] == "stable_key"
    assert "Proposed: Orders API has the same stable key." in asked.content.decode()
    assert asked.context["rows"][0]["field"].value() == str(service.pk)


def test_a_name_alone_proposes_nothing_and_what_is_open_stays_a_draft(
    cast: Cast, bob: Client, document: dict[str, Any]
) -> None:
    told = {"id": "elsewhere", "stable_key": "elsewhere", "name": "Orders API"}
    document["connections"][0] |= told
    document["definition"]["nodes"][1]["settings"]["connection_id"] = "elsewhere"
    asked = ask(bob, cast, document)
    [row] = asked.context["rows"]
    assert (row["by"], row["found"], row["field"].value()) == ("", None, "")
    assert "None is the same. Choose one, or leave it open." in asked.content.decode()
    page = answer(bob, cast, asked, connection_0="")
    workflow, bound = imported(cast)
    assert (bound, workflow.live_id) == (str(NOBODY), None)
    assert workflow.latest is not None
    assert [one["message"] for one in workflow.latest.problems] == ["This connection is not here."]
    with pytest.raises(lifecycle.NotSound):
        lifecycle.enable(workflow, actor=cast.bob)
    assert page.status_code == 200


def test_another_one_that_fits_can_be_chosen_and_no_other(
    cast: Cast, bob: Client, document: dict[str, Any]
) -> None:
    other = factories.make_connection(cast.workspace, name="Staging")
    github = factories.make_connection(cast.workspace, connector_key="github")
    hidden = factories.make_connection(
        cast.workspace, name="Hidden", actor=cast.alice, is_private=True
    )
    asked = ask(bob, cast, document)
    for wrong in (github, hidden):
        refused = answer(bob, cast, asked, connection_0=str(wrong.pk))
        assert refused.status_code == 422
        assert "Hidden" not in refused.content.decode()
    answer(bob, cast, asked, connection_0=str(other.pk))
    assert imported(cast)[1] == str(other.pk)


def test_a_name_that_is_taken_is_told_and_nothing_is_lost(
    cast: Cast, bob: Client, document: dict[str, Any], service: Connection
) -> None:
    other = factories.make_connection(cast.workspace, name="Staging")
    asked = ask(bob, cast, document)
    again = answer(bob, cast, asked, name="INTAKE", connection_0=str(other.pk))
    assert again.status_code == 422
    assert "Another workflow already has this name." in again.content.decode()
    assert again.context["rows"][0]["field"].value() == str(other.pk)
    answer(bob, cast, again, connection_0=str(service.pk))
    assert imported(cast)[1] == str(service.pk)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"format":\n 3,}', "This is no JSON: Expecting property name"),
        ("[" * 5_000, "This is no JSON that can be read."),
        ("[]", "This is no workflow that was exported here."),
        ('{"format": "spojit.workflow/1", "name": 3}', "This is no workflow that was exported"),
        ("  ", "Choose a file, or paste its text."),
    ],
)
def test_a_bad_document_is_told_and_stays_in_the_form(
    cast: Cast, bob: Client, text: str, error: str
) -> None:
    for sent in ({"text": text}, {"file": SimpleUploadedFile("x.json", text.encode())}):
        refused = bob.post(url(cast), sent)
        assert refused.status_code == 422
        assert error in refused.content.decode()
        assert (refused.context["form"]["text"].value() or "").strip() == text.strip()


def test_a_file_is_read_and_one_that_is_no_text_is_refused(
    cast: Cast, bob: Client, document: dict[str, Any]
) -> None:
    file = SimpleUploadedFile("x.json", b"\xef\xbb\xbf" + json.dumps(document).encode())
    assert bob.post(url(cast), {"file": file}).context["was_called"] == "Intake"
    refused = bob.post(url(cast), {"file": SimpleUploadedFile("x.json", b"\xff\xfe\x00")})
    assert "This file is no text." in refused.content.decode()


def test_a_document_that_somebody_changed_on_the_way_is_not_taken(cast: Cast, bob: Client) -> None:
    page = bob.post(url(cast), {"document": "forged:1:x", "name": "Forged"}, follow=True)
    assert "Choose the file once more." in page.content.decode()
    with factories.scope(cast.workspace):
        assert Workflow.objects.count() == 0
