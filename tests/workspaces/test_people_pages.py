"""The pages of members and invitations, by clicking through them."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from connections.models import Connection
from tests.factories import (
    make_cast,
    make_connection,
    make_user,
    make_workspace,
    scope,
    signed_in,
)
from tests.workspaces.steps import membership, text, url
from workspaces import invitations
from workspaces.models import Invitation, Membership

pytestmark = pytest.mark.django_db


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
        ({"email": "zoe", "role": "viewer"}, "This is no e-mail address."),
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
