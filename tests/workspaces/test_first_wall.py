"""The first wall alone: without row-level security, queries still keep to their workspace."""

from __future__ import annotations

import pytest

from spojit.lib.ids import GREATEST, LEAST
from tests.factories import Cast, make_cast, make_member, make_user, scope, signed_in
from workspaces import invitations, isolation, members
from workspaces.isolation import Scope
from workspaces.models import Invitation, Membership, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Bob, a member of Northwind, owns what is next door; then the second wall falls."""
    cast = make_cast()
    make_member(cast.next_door, "owner", user=cast.bob)
    invitations.invite(cast.next_door, email="carol@example.com", role="viewer", actor=cast.mallory)
    apply = isolation._apply
    everything = Scope(str(LEAST), str(GREATEST))
    monkeypatch.setattr(isolation, "_apply", lambda _scope, using: apply(everything, using=using))
    with scope(cast.workspace):
        assert Membership.objects.count() == 6  # the wall is down
    return cast


def membership(cast: Cast, user: User) -> Membership:
    with scope(cast.workspace):
        rows = Membership.objects.select_related("user", "workspace")
        return rows.get(user=user, workspace=cast.workspace)  # type: ignore[no-any-return]


def invitation_next_door(cast: Cast) -> Invitation:
    with scope(cast.next_door):
        return Invitation.objects.get(workspace=cast.next_door)  # type: ignore[no-any-return]


def test_a_role_in_another_workspace_does_not_count(cast: Cast) -> None:
    with pytest.raises(invitations.RoleNotGivable):
        invitations.invite(cast.workspace, email="z@example.com", role="viewer", actor=cast.bob)
    with pytest.raises(members.RoleNotYours):
        members.remove(membership(cast, cast.vera), actor=cast.bob)


def test_a_member_of_another_workspace_is_invited_to_this_one(cast: Cast) -> None:
    row = invitations.invite(
        cast.workspace, email=cast.mallory.email, role="viewer", actor=cast.adam
    )
    assert row.workspace_id == cast.workspace.pk


def test_inviting_leaves_the_invitation_of_another_workspace_open(cast: Cast) -> None:
    invitations.invite(cast.workspace, email="carol@example.com", role="viewer", actor=cast.adam)
    assert invitation_next_door(cast).revoked_at is None


def test_a_sender_answers_with_their_role_in_that_workspace(cast: Cast) -> None:
    row = invitations.invite(cast.workspace, email="zoe@example.com", role="admin", actor=cast.adam)
    with scope(cast.workspace):
        Membership.objects.filter(user=cast.adam).update(workspace=cast.next_door)
    zoe = make_user("Zoe", email="zoe@example.com")
    with pytest.raises(invitations.InvitationOver):
        invitations.accept(invitations.token_of(row), user=zoe)


def test_a_person_who_is_removed_keeps_what_they_sent_elsewhere(cast: Cast) -> None:
    sent = invitations.invite(
        cast.next_door, email="zoe@example.com", role="viewer", actor=cast.bob
    )
    members.remove(membership(cast, cast.bob), actor=cast.alice)
    with scope(cast.next_door):
        assert Invitation.objects.get(pk=sent.pk).revoked_at is None
        assert Membership.objects.filter(user=cast.bob).get().workspace_id == cast.next_door.pk


def test_only_members_of_the_workspace_take_things_over(cast: Cast) -> None:
    assert members.heirs(membership(cast, cast.bob)) == [cast.adam, cast.alice]
    with pytest.raises(members.MemberGone):
        members.hand_over_workspace(membership(cast, cast.alice), to=cast.mallory, actor=cast.alice)


def test_the_page_of_invitations_lists_and_changes_its_own(cast: Cast) -> None:
    client, row = signed_in(cast.alice), invitation_next_door(cast)
    base = f"/w/{cast.workspace.slug}/invitations/"
    assert "carol@example.com" not in client.get(base).content.decode()
    assert client.post(f"{base}{row.pk}/").status_code == 404
    assert client.post(f"{base}{row.pk}/sending/").status_code == 404


def test_the_pages_of_members_change_their_own(cast: Cast) -> None:
    client = signed_in(cast.alice)
    with scope(cast.next_door):
        other = Membership.objects.get(user=cast.mallory)
    base = f"/w/{cast.workspace.slug}/members/"
    assert client.post(f"{base}{other.pk}/", {"role": "viewer"}).status_code == 404
    assert client.get(f"{base}{other.pk}/removal/").status_code == 404
    assert "Mallory" not in client.get(base).content.decode()
    page = client.get(f"/w/{cast.workspace.slug}/owner/").content.decode()
    assert "Mallory" not in page


def test_the_page_of_deletion_counts_its_own_members(cast: Cast) -> None:
    page = signed_in(cast.alice).get(f"/w/{cast.workspace.slug}/deletion/")
    assert "3 other members lose" in page.content.decode()
