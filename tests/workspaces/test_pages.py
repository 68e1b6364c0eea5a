"""The pages of a workspace, from its first steps to its end, by clicking through them."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from tests.factories import (
    make_cast,
    make_connection,
    make_member,
    make_user,
    make_workspace,
    scope,
    signed_in,
)
from tests.workflows.graphs import definition, node
from tests.workspaces.steps import text, url
from workflows import lifecycle, versions
from workspaces import notices
from workspaces.models import AuditEvent, Notice, Workspace

pytestmark = pytest.mark.django_db


def test_home_goes_to_the_workspace_used_last() -> None:
    cast = make_cast()
    make_member(cast.next_door, "viewer", user=cast.bob)
    bob = signed_in(cast.bob)
    bob.get(reverse("workspaces:members", kwargs={"slug": cast.next_door.slug}))
    assert bob.get("/")["Location"] == f"/w/{cast.next_door.slug}/"


def test_home_of_who_has_no_workspace_makes_one() -> None:
    nobody = signed_in(make_user())
    assert nobody.get("/")["Location"] == "/workspaces/new/"
    response = nobody.post("/workspaces/new/", {"name": "Southwind"})
    assert response["Location"] == "/w/southwind/welcome/"
    assert Workspace.objects.get().name == "Southwind"


def test_a_workspace_without_a_name_is_not_made() -> None:
    response = signed_in(make_user()).post("/workspaces/new/", {"name": "  "})
    assert response.status_code == 422
    assert Workspace.objects.count() == 0


def test_a_new_workspace_begins_with_its_first_steps() -> None:
    cast = make_cast()
    alice = signed_in(cast.alice)
    assert alice.get(url(cast, "home"))["Location"] == url(cast, "welcome")
    page = text(alice.get(url(cast, "welcome")))
    assert "1 of 3 done" in page
    make_connection(cast.workspace)
    assert "2 of 3 done" in text(alice.get(url(cast, "welcome")))
    assert alice.get(url(cast, "home"))["Location"].endswith("/connections/")
    flow = lifecycle.create(cast.workspace, name="Greet", actor=cast.alice)
    assert "2 of 3 done" in text(alice.get(url(cast, "welcome")))
    steps = definition([node("start", "trigger"), node("a")], "start > a")
    versions.save(flow, definition=steps, actor=cast.alice)
    assert "3 of 3 done" in text(alice.get(url(cast, "welcome")))


def test_a_viewer_is_not_asked_to_take_steps() -> None:
    cast = make_cast()
    vera = signed_in(cast.vera)
    assert vera.get(url(cast, "home"))["Location"].endswith("/connections/")


def test_the_audit_page_filters_pages_and_exports() -> None:
    cast = make_cast()
    make_connection(cast.workspace, name="GitHub - Live", actor=cast.bob)
    adam = signed_in(cast.adam)
    page = text(adam.get(url(cast, "audit")))
    assert "GitHub - Live" in page
    assert "Created a connection" in page
    assert "No act fits" in text(adam.get(url(cast, "audit"), {"act": "connection.removed"}))
    assert "GitHub - Live" in text(adam.get(url(cast, "audit"), {"actor": str(cast.bob.pk)}))
    response = adam.get(url(cast, "audit_export"), {"act": "connection.created"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="audit-[\w-]+\.csv"', response["Content-Disposition"]
    )
    exported = b"".join(response).decode()
    assert "GitHub - Live" in exported
    with scope(cast.workspace):
        assert AuditEvent.objects.get(act="audit.exported").actor_id == cast.adam.pk


@pytest.mark.parametrize("query", [{"actor": "x"}, {"from": "yesterday"}, {"act": "';--"}])
def test_a_filter_that_is_none_is_left_out_and_said(query: dict[str, str]) -> None:
    cast = make_cast()
    response = signed_in(cast.adam).get(url(cast, "audit"), query)
    assert response.status_code == 422
    assert "not understood" in text(response)


def test_notices_are_listed_read_and_dismissed() -> None:
    cast = make_cast()
    with scope(cast.workspace):
        notices.tell(cast.workspace, users=[cast.bob], key="1", title="A key expires")
        notices.tell(cast.workspace, users=[cast.bob], key="2", title="Something broke")
        first = Notice.objects.get(key="1")
    bob = signed_in(cast.bob)
    assert "A key expires" in text(bob.get(url(cast, "notices")))
    bob.post(url(cast, "notices_read"), {"notice": str(first.pk), "act": "close"})
    page = text(bob.get(url(cast, "notices")))
    assert "A key expires" not in page
    assert "notice-unread" in page
    bob.post(url(cast, "notices_read"))
    assert "notice-unread" not in text(bob.get(url(cast, "notices")))


def test_settings_are_changed_by_owners_and_read_by_others() -> None:
    cast = make_cast()
    fields = {"name": "Southwind", "time_zone": "Europe/Berlin", "audit_retention_days": "90"}
    assert signed_in(cast.adam).post(url(cast, "settings"), fields).status_code == 403
    assert "Only an owner can change these" in text(signed_in(cast.vera).get(url(cast, "settings")))
    alice = signed_in(cast.alice)
    assert alice.post(url(cast, "settings"), fields | {"time_zone": "X"}).status_code == 422
    assert alice.post(url(cast, "settings"), fields).status_code == 302
    stored = Workspace.objects.get(pk=cast.workspace.pk)
    assert (stored.name, stored.time_zone, stored.audit_retention_days) == (
        "Southwind",
        "Europe/Berlin",
        90,
    )


def test_a_workspace_is_deleted_once_its_name_is_typed() -> None:
    cast = make_cast()
    alice = signed_in(cast.alice)
    response = alice.post(url(cast, "delete"), {"name": "northwind"})
    assert response.status_code == 422
    assert "exactly as it is shown" in text(response)
    assert alice.post(url(cast, "delete"), {"name": "Northwind"})["Location"] == "/"
    assert not Workspace.objects.filter(pk=cast.workspace.pk).exists()
    assert signed_in(cast.bob).get(url(cast, "members")).status_code == 404


def test_the_switcher_offers_every_workspace_of_a_person_and_no_other() -> None:
    cast = make_cast()
    make_member(make_workspace("Southwind"), "viewer", user=cast.bob)
    page = text(signed_in(cast.bob).get(url(cast, "settings")))
    assert "Southwind" in page
    assert "Next door" not in page
