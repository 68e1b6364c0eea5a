"""Members: their roles, their leaving, and what then happens to what is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spojit.lib.errors import Refused
from workspaces import audit, departures, invitations, isolation, notices
from workspaces.audit import Actor
from workspaces.models import Membership, Notice, User, Workspace
from workspaces.roles import RANK, Permission, Role, may_give

if TYPE_CHECKING:
    import uuid

    from workspaces.departures import Holding


@dataclass(frozen=True, slots=True)
class Member:
    """A member with what their name is on."""

    membership: Membership
    holdings: list[Holding]


class LastOwner(Refused):
    """A workspace always has an owner."""

    code = "last_owner"
    message = "A workspace needs an owner, and this is the last one."
    hint = "Make somebody else an owner first."


class RoleNotYours(Refused):
    """Only owners make, change and remove owners."""

    code = "role_not_yours"
    message = "Only an owner can give, change or end the role of owner."


class MemberGone(Refused):
    """The person is no longer a member."""

    code = "member_gone"
    message = "This person is no longer a member of the workspace."


class CannotTakeOver(Refused):
    """Things go only to members who may own them."""

    code = "cannot_take_over"
    message = "Choose another member who may own connections."


def members(workspace: Workspace) -> list[Member]:
    """List everybody with what is theirs, by name; two questions however many there are."""
    with isolation.workspace(workspace):
        everybody = Membership.objects.filter(workspace=workspace).select_related("user")
        rows = sorted(everybody, key=lambda row: (str(row.user).casefold(), row.pk))
        found = departures.holdings(workspace, [row.user_id for row in rows])
    return [Member(row, found.get(row.user_id, [])) for row in rows]


def holdings(membership: Membership) -> list[Holding]:
    """List what one member's name is on."""
    with isolation.workspace(membership.workspace_id):
        found = departures.holdings(membership.workspace, [membership.user_id])
    return found.get(membership.user_id, [])


def heirs(membership: Membership) -> list[User]:
    """List who may take over what is a member's: others who may own connections, by name."""
    with isolation.workspace(membership.workspace_id):
        everybody = Membership.objects.filter(workspace_id=membership.workspace_id)
        rows = everybody.select_related("user").exclude(pk=membership.pk)
        fit = [row.user for row in rows if row.may(Permission.MANAGE_OWN_CONNECTIONS)]
    return sorted(fit, key=lambda user: (str(user).casefold(), user.pk))


def change_role(membership: Membership, *, role: Role | str, actor: Actor | User) -> Membership:
    """Give a member another role.

    Raises:
        LastOwner, RoleNotYours, MemberGone: nothing was changed.
    """
    actor, role = Actor.of(actor), Role(role)
    with isolation.workspace(membership.workspace_id):
        row = _locked(membership)
        before = Role(row.role)
        if before == role:
            return row
        _refuse_unless_given(row.workspace, actor, before, role)
        _refuse_last_owner(row)
        _set_role(row, role, actor=actor)
    return row


def hand_over_workspace(membership: Membership, *, to: User, actor: Actor | User) -> Membership:
    """Make another member an owner; the owner who hands over becomes an admin.

    Raises:
        MemberGone: the other is no member.
        RoleNotYours: who hands over is no owner.
    """
    actor = Actor.of(actor)
    with isolation.workspace(membership.workspace_id):
        giver = _locked(membership)
        everybody = Membership.objects.filter(workspace=giver.workspace).select_related("workspace")
        taker = everybody.filter(user=to).exclude(pk=giver.pk).first()
        if not giver.is_owner:
            raise RoleNotYours
        if taker is None:
            raise MemberGone
        _set_role(taker, Role.OWNER, actor=actor)
        _set_role(giver, Role.ADMIN, actor=actor)
    return giver


def remove(membership: Membership, *, to: User | None = None, actor: Actor | User) -> int:
    """End a membership; what is theirs goes to `to`, or to nobody. Return how many things moved.

    Raises:
        LastOwner, RoleNotYours, MemberGone, CannotTakeOver: nothing was changed.
    """
    return _end(membership, to=to, actor=Actor.of(actor), act="member.removed")


def leave(membership: Membership, *, to: User | None = None) -> int:
    """End one's own membership; what is theirs goes to `to`, or to nobody.

    Raises:
        LastOwner, MemberGone, CannotTakeOver: nothing was changed.
    """
    return _end(membership, to=to, actor=Actor.of(membership.user), act="member.left")


def is_last_owner(membership: Membership) -> bool:
    """Whether nobody else owns the workspace, in its scope."""
    if not membership.is_owner:
        return False
    others = Membership.objects.filter(workspace_id=membership.workspace_id, role=Role.OWNER)
    return not others.exclude(pk=membership.pk).exists()


def _end(membership: Membership, *, to: User | None, actor: Actor, act: str) -> int:
    with isolation.workspace(membership.workspace_id):
        row = _locked(membership)
        if actor.id != row.user_id:
            _refuse_unless_given(row.workspace, actor, Role(row.role))
        _refuse_last_owner(row)
        if to is not None and to not in heirs(row):
            raise CannotTakeOver
        moved = departures.hand_over(row, to=to, actor=actor)
        _forget(row, moved=moved, to=to, actor=actor, act=act)
    return moved


def _forget(row: Membership, *, moved: int, to: User | None, actor: Actor, act: str) -> None:
    details = {"role": row.role, "moved": moved, "to": str(to) if to and moved else ""}
    audit.record(row.workspace, actor=actor, act=act, subject=row.user, details=details)
    invitations.revoke_of(row, role=None, actor=actor)
    Notice.objects.filter(workspace_id=row.workspace_id, user_id=row.user_id).delete()
    Membership.objects.filter(workspace_id=row.workspace_id, pk=row.pk).delete()
    if moved:
        _tell_admins(row, moved=moved, to=to)


def _tell_admins(row: Membership, *, moved: int, to: User | None) -> None:
    everybody = Membership.objects.filter(workspace=row.workspace).select_related("user")
    admins = everybody.filter(role__in=[Role.ADMIN, Role.OWNER])
    things = "1 connection" if moved == 1 else f"{moved} connections"
    now = f"now in the name of {to}" if to else "now in nobody's name"
    notices.tell(
        row.workspace,
        users=[admin.user for admin in admins],
        key=f"departure:{row.pk}",
        subject_id=row.user_id,
        title=f"{row.user} left {row.workspace}",
        text=f"{things} of theirs: {now}. Check whose accounts these connections act as.",
        path=f"{row.workspace.get_absolute_url()}connections/",
    )


def _locked(membership: Membership) -> Membership:
    """Lock the workspace, so that owners are counted by one act at a time, and read the row."""
    Workspace.objects.select_for_update(no_key=True).get(pk=membership.workspace_id)
    rows = Membership.objects.select_related("user", "workspace")
    rows = rows.filter(workspace_id=membership.workspace_id)
    row: Membership | None = rows.filter(pk=membership.pk).first()
    if row is None:
        raise MemberGone
    return row


def _set_role(row: Membership, role: Role, *, actor: Actor) -> None:
    before, row.role = row.role, role
    row.save(update_fields=["role"])
    if RANK[role] < RANK[Role(before)]:
        invitations.revoke_of(row, role=role, actor=actor)
    details = {"from": before, "to": role.value}
    audit.record(
        row.workspace, actor=actor, act="member.role_changed", subject=row.user, details=details
    )


def _refuse_unless_given(workspace: Workspace, actor: Actor, *roles: Role) -> None:
    giver = _role_of(workspace, actor.id)
    if giver is None or not all(may_give(giver, role) for role in roles):
        raise RoleNotYours


def _role_of(workspace: Workspace, user_id: uuid.UUID | None) -> Role | None:
    if user_id is None:
        return Role.OWNER  # commands and staff's own acts stand in for an owner
    row = Membership.objects.filter(workspace=workspace, user_id=user_id).first()
    return Role(row.role) if row else None


def _refuse_last_owner(row: Membership) -> None:
    if is_last_owner(row):
        raise LastOwner
