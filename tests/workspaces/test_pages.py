"""The pages of people and workspaces, by clicking through them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from connections.models import Connection
from tests.factories import (
    Cast,
    make_cast,
    make_connection,
    make_member,
    make_user,
    make_workspace,
    scope,
    signed_in,
)
from workspaces import invitations, notices
from workspaces.models import AuditEvent, Invitation, Membership, Notice, User, Workspace

pytestmark = pytest.mark.django_db


def url(cast: Cast, name: str, **arguments: object) -> str:
    return reverse(f"workspaces:{name}", kwargs={"slug": cast.workspace.slug, **arguments})


def text(response: Any) -> str:
    return str(response.content.decode())


def membership(cast: Cast, user: User) -> Membership:
    with scope(cast.workspace):
        return Membership.objects.get(user=user)  # type: ignore[no-any-return]


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


def test_who_is_invited_is_told_before_making_a_workspace() -> None:
    cast = make_cast()
    invitations.invite(cast.workspace, email="z@example.com", role="member", actor=cast.alice)
    zoe = signed_in(make_user("Zoe", email="z@example.com"))
    page = text(zoe.get("/workspaces/new/"))
    link = re.search(r'href="(/invitations/\w+/)"', page)
    assert link
    assert "Alice invites you." in page
    assert zoe.post(link[1]).status_code == 302
    assert "/invitations/" not in text(zoe.get("/workspaces/new/"))


def test_an_invitation_is_not_shown_to_who_has_not_proven_the_address() -> None:
    cast = make_cast()
    invitations.invite(cast.workspace, email="z@example.com", role="member", actor=cast.alice)
    claimed = signed_in(make_user("Zoe", email="z@example.com", verified=False))
    assert "/invitations/" not in text(claimed.get("/workspaces/new/"))


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


def test_a_viewer_is_not_asked_to_take_steps() -> None:
    cast = make_cast()
    vera = signed_in(cast.vera)
    assert vera.get(url(cast, "home"))["Location"].endswith("/connections/")


def test_members_see_each_other_and_admins_may_change_them() -> None:
    cast = make_cast()
    seen = text(signed_in(cast.vera).get(url(cast, "members")))
    assert all(person.email in seen for person in (cast.alice, cast.adam, cast.bob, cast.vera))
    assert cast.mallory.email not in seen
    assert url(cast, "member", membership_id=membership(cast, cast.bob).pk) not in seen
    seen = text(signed_in(cast.adam).get(url(cast, "members")))
    assert url(cast, "member", membership_id=membership(cast, cast.bob).pk) in seen
    assert url(cast, "member", membership_id=membership(cast, cast.alice).pk) not in seen


def test_a_role_is_changed_on_the_members_page() -> None:
    cast = make_cast()
    bob = membership(cast, cast.bob)
    target = url(cast, "member", membership_id=bob.pk)
    response = signed_in(cast.adam).post(target, {"role": "viewer"}, follow=True)
    assert "Bob is now viewer." in text(response)
    assert membership(cast, cast.bob).role == "viewer"


@pytest.mark.parametrize("role", ["owner", "", "king"])
def test_a_role_that_is_not_ones_to_give_is_not_given(role: str) -> None:
    cast = make_cast()
    target = url(cast, "member", membership_id=membership(cast, cast.bob).pk)
    signed_in(cast.adam).post(target, {"role": role}, follow=True)
    assert membership(cast, cast.bob).role == "member"


def test_a_member_of_another_workspace_cannot_be_reached() -> None:
    cast = make_cast()
    with scope(cast.next_door):
        mallory = Membership.objects.get()
    target = url(cast, "member", membership_id=mallory.pk)
    assert signed_in(cast.alice).post(target, {"role": "viewer"}).status_code == 404
    target = url(cast, "member_removal", membership_id=mallory.pk)
    assert signed_in(cast.alice).post(target).status_code == 404


def test_removing_shows_what_is_theirs_and_hands_it_over() -> None:
    cast = make_cast()
    connection = make_connection(cast.workspace, name="Stripe - Test", actor=cast.bob)
    target = url(cast, "member_removal", membership_id=membership(cast, cast.bob).pk)
    adam = signed_in(cast.adam)
    assert "Stripe - Test" in text(adam.get(target))
    assert adam.post(target, {"to": str(cast.vera.pk)}).status_code == 422
    assert adam.post(target, {"to": str(cast.alice.pk)}).status_code == 302
    with scope(cast.workspace):
        assert Connection.objects.get(pk=connection.pk).owner_id == cast.alice.pk
        assert not Membership.objects.filter(user=cast.bob).exists()


def test_leaving_needs_one_click_and_an_owner_who_stays() -> None:
    cast = make_cast()
    assert signed_in(cast.vera).post(url(cast, "leave"))["Location"] == "/"
    with scope(cast.workspace):
        assert not Membership.objects.filter(user=cast.vera).exists()
    alice = signed_in(cast.alice)
    assert "this is the last one" in text(alice.get(url(cast, "leave")))
    assert alice.post(url(cast, "leave")).status_code == 422
    assert membership(cast, cast.alice).role == "owner"


def test_a_workspace_with_nobody_else_in_it_is_handed_over_to_nobody() -> None:
    alone = make_workspace(owner=make_user("Olga"))
    with scope(alone):
        olga = signed_in(Membership.objects.get().user)
    page = text(olga.get(reverse("workspaces:hand_over", args=[alone.slug])))
    assert "Nobody else is here" in page
    assert reverse("workspaces:invitations", args=[alone.slug]) in page
    assert 'name="to"' not in page


def test_a_workspace_is_handed_over() -> None:
    cast = make_cast()
    alice = signed_in(cast.alice)
    assert alice.post(url(cast, "hand_over"), {"to": str(cast.mallory.pk)}).status_code == 422
    assert alice.post(url(cast, "hand_over"), {"to": ""}).status_code == 422
    assert alice.post(url(cast, "hand_over"), {"to": str(cast.bob.pk)}).status_code == 302
    assert membership(cast, cast.bob).role == "owner"
    assert membership(cast, cast.alice).role == "admin"


def test_an_invitation_is_sent_resent_and_revoked() -> None:
    cast = make_cast()
    adam = signed_in(cast.adam)
    fields = {"email": "zoe@example.com", "role": "viewer"}
    adam.post(url(cast, "invitations"), fields)
    with scope(cast.workspace):
        row = Invitation.objects.get()
    assert "zoe@example.com" in text(adam.get(url(cast, "invitations")))
    adam.post(url(cast, "invitation_sending", invitation_id=row.pk))
    with scope(cast.workspace):
        assert Invitation.objects.get().token_hash != row.token_hash
    adam.post(url(cast, "invitation", invitation_id=row.pk))
    with scope(cast.workspace):
        assert Invitation.objects.get().revoked_at


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"email": "zoe", "role": "viewer"}, "valid email address"),
        ({"email": "zoe@example.com", "role": "owner"}, "Select a valid choice"),
        ({}, "required"),
    ],
)
def test_an_invitation_that_will_not_do_keeps_what_was_typed(
    fields: dict[str, str], message: str
) -> None:
    cast = make_cast()
    response = signed_in(cast.adam).post(url(cast, "invitations"), fields)
    assert response.status_code == 422
    assert message in text(response)
    assert fields.get("email", "") in text(response)


def test_a_visitor_with_an_invitation_is_offered_to_sign_up() -> None:
    cast = make_cast()
    row = invitations.invite(cast.workspace, email="z@example.com", role="member", actor=cast.alice)
    link = reverse("workspaces:invitation_accept", kwargs={"token": invitations.token_of(row)})
    page = text(Client().get(link))
    assert "Join Northwind" in page
    assert f"/accounts/signup/?next={link.replace('/', '%2F')}" in page
    assert Client().post(link)["Location"] == f"/accounts/login/?next={link}"


def test_an_invitation_is_accepted_by_its_own_address_only() -> None:
    cast = make_cast()
    row = invitations.invite(cast.workspace, email="z@example.com", role="member", actor=cast.alice)
    link = reverse("workspaces:invitation_accept", kwargs={"token": invitations.token_of(row)})
    mallory = signed_in(cast.mallory)
    assert "for another address" in text(mallory.get(link))
    assert mallory.post(link).status_code == 403
    zoe = signed_in(make_user("Zoe", email="z@example.com"))
    assert zoe.post(link)["Location"] == f"/w/{cast.workspace.slug}/"
    assert zoe.post(link).status_code == 404
    assert zoe.get(link).status_code == 404


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
