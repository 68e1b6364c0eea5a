"""Members change roles, leave, are removed, hand over."""

from __future__ import annotations

import threading

import pytest
from django.db import connection as database

from connections.models import Connection
from tests.factories import Cast, make_cast, make_connection, make_member, make_workspace, scope
from workspaces import members, notices
from workspaces.models import AuditEvent, Membership, Notice, User
from workspaces.roles import Role

pytestmark = pytest.mark.django_db


def membership(cast: Cast, user: User) -> Membership:
    with scope(cast.workspace):
        return Membership.objects.select_related("user", "workspace").get(user=user)  # type: ignore[no-any-return]


def role_of(cast: Cast, user: User) -> str:
    with scope(cast.workspace):
        return str(Membership.objects.get(user=user).role)


def test_everybody_is_listed_with_what_is_theirs() -> None:
    cast = make_cast()
    make_connection(cast.workspace, name="Bob's", actor=cast.bob)
    found = members.members(cast.workspace)
    assert [(str(row.membership.user), len(row.holdings)) for row in found] == [
        ("Adam", 0),
        ("Alice", 0),
        ("Bob", 1),
        ("Vera", 0),
    ]
    [holding] = found[2].holdings
    assert (holding.kind, holding.name, holding.status.word) == ("HTTP", "Bob's", "Pending")


def test_the_list_asks_as_many_questions_for_many_members(
    django_assert_max_num_queries: object,
) -> None:
    cast = make_cast()
    for number in range(10):
        member = make_member(cast.workspace, name=f"Member {number}")
        make_connection(cast.workspace, actor=member.user)
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        assert len(members.members(cast.workspace)) == 14


def test_an_admin_changes_the_role_of_a_member() -> None:
    cast = make_cast()
    members.change_role(membership(cast, cast.bob), role="viewer", actor=cast.adam)
    assert role_of(cast, cast.bob) == "viewer"
    with scope(cast.workspace):
        event = AuditEvent.objects.get()
    assert (event.act, event.subject_id) == ("member.role_changed", cast.bob.pk)
    assert event.details == {"from": "member", "to": "viewer"}


@pytest.mark.parametrize(
    ("who", "role"), [("bob", "owner"), ("adam", "owner"), ("alice", "member")]
)
def test_an_admin_makes_and_unmakes_no_owner(who: str, role: str) -> None:
    cast = make_cast()
    make_member(cast.workspace, Role.OWNER, name="Olga")
    person = getattr(cast, who)
    before = role_of(cast, person)
    with pytest.raises(members.RoleNotYours):
        members.change_role(membership(cast, person), role=role, actor=cast.adam)
    assert role_of(cast, person) == before


def test_a_stranger_changes_nothing() -> None:
    cast = make_cast()
    with pytest.raises(members.RoleNotYours):
        members.change_role(membership(cast, cast.bob), role="admin", actor=cast.mallory)
    assert role_of(cast, cast.bob) == "member"


def test_the_last_owner_stays_owner() -> None:
    cast = make_cast()
    alice = membership(cast, cast.alice)
    with pytest.raises(members.LastOwner):
        members.change_role(alice, role="admin", actor=cast.alice)
    with pytest.raises(members.LastOwner):
        members.leave(alice)
    with pytest.raises(members.LastOwner):
        members.remove(alice, actor=cast.alice)
    assert role_of(cast, cast.alice) == "owner"


def test_an_owner_may_go_when_another_stays() -> None:
    cast = make_cast()
    members.change_role(membership(cast, cast.adam), role="owner", actor=cast.alice)
    members.leave(membership(cast, cast.alice))
    with scope(cast.workspace):
        assert not Membership.objects.filter(user=cast.alice).exists()
        assert AuditEvent.objects.get(act="member.left").actor_id == cast.alice.pk


def test_handing_over_makes_one_owner_and_one_admin() -> None:
    cast = make_cast()
    members.hand_over_workspace(membership(cast, cast.alice), to=cast.bob, actor=cast.alice)
    assert (role_of(cast, cast.alice), role_of(cast, cast.bob)) == ("admin", "owner")


def test_only_an_owner_hands_over_and_only_to_a_member() -> None:
    cast = make_cast()
    with pytest.raises(members.RoleNotYours):
        members.hand_over_workspace(membership(cast, cast.adam), to=cast.bob, actor=cast.adam)
    with pytest.raises(members.MemberGone):
        members.hand_over_workspace(membership(cast, cast.alice), to=cast.mallory, actor=cast.alice)
    assert role_of(cast, cast.alice) == "owner"


def test_what_is_a_leaving_members_goes_to_the_heir() -> None:
    cast = make_cast()
    own = make_connection(cast.workspace, actor=cast.bob)
    moved = members.remove(membership(cast, cast.bob), to=cast.adam, actor=cast.alice)
    assert moved == 1
    with scope(cast.workspace):
        assert Connection.objects.get(pk=own.pk).owner_id == cast.adam.pk
        event = AuditEvent.objects.get(act="member.removed")
        assert event.details == {"role": "member", "moved": 1, "to": "Adam"}
        assert AuditEvent.objects.filter(act="connection.handed_over").count() == 1


def test_what_is_a_leaving_members_may_be_nobodys_and_the_admins_are_told() -> None:
    cast = make_cast()
    own = make_connection(cast.workspace, actor=cast.bob, is_private=True)
    members.leave(membership(cast, cast.bob))
    with scope(cast.workspace):
        assert Connection.objects.get(pk=own.pk).owner_id is None
        told = Notice.objects.order_by("user__email")
        assert {notice.user_id for notice in told} == {cast.alice.pk, cast.adam.pk}
        assert told[0].title == "Bob left Northwind"


@pytest.mark.parametrize("heir", ["vera", "mallory", "bob"])
def test_only_other_members_who_may_own_connections_are_heirs(heir: str) -> None:
    cast = make_cast()
    make_connection(cast.workspace, actor=cast.bob)
    with pytest.raises(members.CannotTakeOver):
        members.remove(membership(cast, cast.bob), to=getattr(cast, heir), actor=cast.alice)
    assert role_of(cast, cast.bob) == "member"


def test_who_left_gets_no_more_notices() -> None:
    cast = make_cast()
    with scope(cast.workspace):
        notices.tell(cast.workspace, users=[cast.bob, cast.vera], key="k", title="t")
    members.leave(membership(cast, cast.bob))
    with scope(cast.workspace):
        assert [notice.user_id for notice in Notice.objects.all()] == [cast.vera.pk]


def test_nobody_is_removed_twice() -> None:
    cast = make_cast()
    bob = membership(cast, cast.bob)
    members.remove(bob, actor=cast.alice)
    with pytest.raises(members.MemberGone):
        members.remove(bob, actor=cast.alice)


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_once_leave_one_owner() -> None:
    workspace = make_workspace()
    make_member(workspace, Role.OWNER, name="Olga")
    with scope(workspace):
        both = list(Membership.objects.select_related("user", "workspace"))
    refused: list[str] = []
    start = threading.Barrier(2)

    def leave(row: Membership) -> None:
        start.wait()
        try:
            members.leave(row)
        except members.LastOwner as refusal:
            refused.append(refusal.code)
        finally:
            database.close()

    threads = [threading.Thread(target=leave, args=(row,)) for row in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["last_owner"]
    with scope(workspace):
        assert Membership.objects.count() == 1
