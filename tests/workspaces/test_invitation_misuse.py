"""Invitations do not let anybody back in, and make no mail relay."""

from __future__ import annotations

import pytest

from spojit.lib import clock
from spojit.lib.ids import NOBODY
from tests.factories import (
    Cast,
    make_cast,
    make_member,
    make_user,
    make_workspace,
    scope,
    signed_in,
)
from workspaces import invitation_limits, invitations, members
from workspaces.audit import Actor
from workspaces.invitation_limits import TooManyInvitations
from workspaces.models import Invitation, Membership, User

pytestmark = pytest.mark.django_db


def membership(cast: Cast, user: User) -> Membership:
    with scope(cast.workspace):
        return Membership.objects.select_related("user", "workspace").get(user=user)  # type: ignore[no-any-return]


def invite(cast: Cast, number: int = 0, *, actor: User | Actor, role: str = "admin") -> str:
    address = f"second-{number}@example.com"
    row = invitations.invite(cast.workspace, email=address, role=role, actor=actor)
    return invitations.token_of(row)


def second_account() -> User:
    return make_user("Second", email="second-0@example.com")


def is_open(token: str) -> bool:
    try:
        invitations.find(token)
    except invitations.InvitationOver:
        return False
    return True


def test_a_removed_admin_does_not_come_back_by_an_invitation_made_beforehand() -> None:
    cast = make_cast()
    token = invite(cast, actor=cast.adam)
    members.remove(membership(cast, cast.adam), actor=cast.alice)
    with pytest.raises(invitations.InvitationOver):
        invitations.accept(token, user=second_account())
    with scope(cast.workspace):
        assert Invitation.objects.get().revoked_at is not None


def test_a_removed_admin_does_not_come_back_by_an_invitation_for_another_address() -> None:
    cast = make_cast()
    make_member(cast.next_door, "viewer", user=cast.adam)
    cast.adam.emailaddress_set.create(email="second-0@example.com", verified=True)  # type: ignore[attr-defined]
    token = invite(cast, actor=cast.alice)
    members.remove(membership(cast, cast.adam), actor=cast.alice)
    with pytest.raises(invitations.InvitationOver):
        invitations.accept(token, user=cast.adam)


def test_one_who_leaves_takes_their_invitations_with_them() -> None:
    cast = make_cast()
    token = invite(cast, actor=cast.adam)
    members.leave(membership(cast, cast.adam))
    assert not is_open(token)


def test_a_demoted_admin_loses_what_they_may_no_longer_give() -> None:
    cast = make_cast()
    token = invite(cast, actor=cast.adam, role="viewer")
    members.change_role(membership(cast, cast.adam), role="member", actor=cast.alice)
    assert not is_open(token)


def test_an_owner_who_becomes_an_admin_keeps_what_admins_may_give() -> None:
    cast = make_cast()
    as_owner = invite(cast, 1, actor=cast.alice, role="owner")
    as_member = invite(cast, 2, actor=cast.alice, role="member")
    members.hand_over_workspace(membership(cast, cast.alice), to=cast.adam, actor=cast.alice)
    assert (is_open(as_owner), is_open(as_member)) == (False, True)


def test_a_promoted_member_keeps_their_invitations() -> None:
    cast = make_cast()
    token = invite(cast, actor=cast.adam)
    members.change_role(membership(cast, cast.adam), role="owner", actor=cast.alice)
    assert is_open(token)


@pytest.mark.parametrize("change", ["demoted", "gone", "inactive"])
def test_accepting_asks_what_the_sender_is_now(change: str) -> None:
    cast = make_cast()
    token = invite(cast, actor=cast.adam)
    with scope(cast.workspace):  # as a change that revoked nothing
        adam = Membership.objects.filter(user=cast.adam)
        if change == "demoted":
            adam.update(role="member")
        elif change == "gone":
            adam.delete()
        else:
            User.objects.filter(pk=cast.adam.pk).update(is_active=False)
    with pytest.raises(invitations.InvitationOver):
        invitations.accept(token, user=second_account())
    with scope(cast.workspace):
        assert Invitation.objects.get().accepted_at is None


def test_an_invitation_of_a_command_is_good() -> None:
    cast = make_cast()
    token = invite(cast, actor=Actor.system(), role="owner")
    with scope(cast.workspace):
        assert Invitation.objects.get().invited_by_id == NOBODY
    assert invitations.accept(token, user=second_account()).role == "owner"


def test_who_sends_an_invitation_again_answers_for_it() -> None:
    cast = make_cast()
    invite(cast, actor=cast.adam)
    with scope(cast.workspace):
        row = Invitation.objects.get()
    again = invitations.send_again(row, actor=cast.alice)
    members.remove(membership(cast, cast.adam), actor=cast.alice)
    assert is_open(invitations.token_of(again))


def test_one_address_gets_three_an_hour_from_all_workspaces_together() -> None:
    cast, other = make_cast(), make_workspace()
    with scope(other):
        owner = Membership.objects.select_related("user").get().user
    for _ in range(2):
        invite(cast, actor=cast.adam)
    invitations.invite(other, email="second-0@example.com", role="viewer", actor=owner)
    with pytest.raises(TooManyInvitations) as refused:
        invite(cast, actor=cast.alice)
    assert refused.value.hint == "One address gets at most 3 an hour. Try again in an hour."


def test_one_person_sends_twenty_an_hour() -> None:
    cast = make_cast()
    for number in range(20):
        invite(cast, number, actor=cast.adam)
    with pytest.raises(TooManyInvitations, match="Too many invitations were sent"):
        invite(cast, 20, actor=cast.adam)
    invite(cast, 20, actor=cast.alice)


def test_a_workspace_sends_fifty_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    monkeypatch.setattr(invitation_limits, "WORKSPACE_A_DAY", 2)
    invite(cast, 1, actor=cast.adam)
    invite(cast, 2, actor=cast.alice)
    with pytest.raises(TooManyInvitations):
        invite(cast, 3, actor=Actor.system())


def test_sending_again_counts_too_and_the_page_says_why_it_does_not() -> None:
    cast = make_cast()
    invite(cast, actor=cast.adam)
    with scope(cast.workspace):
        row = Invitation.objects.get()
    url = f"/w/{cast.workspace.slug}/invitations/{row.pk}/sending/"
    client = signed_in(cast.alice)
    for _ in range(2):
        assert "is on its way" in client.post(url, follow=True).content.decode()
    page = client.post(url, follow=True).content.decode()
    assert "Too many invitations were sent. One address gets at most 3 an hour." in page
    with scope(cast.workspace):
        assert Invitation.objects.get().expires_at > clock.now()


def test_the_form_says_why_no_more_are_sent() -> None:
    cast = make_cast()
    client, url = signed_in(cast.alice), f"/w/{cast.workspace.slug}/invitations/"
    values = {"email": "second-0@example.com", "role": "viewer"}
    for _ in range(3):
        assert client.post(url, values).status_code == 302
    answer = client.post(url, values)
    assert answer.status_code == 422
    assert "Too many invitations were sent." in answer.content.decode()
