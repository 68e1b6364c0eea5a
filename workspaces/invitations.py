"""Invitations: a link for one address, used once, within seven days; only its hash is stored."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.crypto import salted_hmac

from spojit.lib import clock
from spojit.lib.errors import Refused
from spojit.lib.ids import NOBODY, new_id
from workspaces import audit, invitation_limits, isolation
from workspaces.audit import Actor
from workspaces.models import Invitation, Membership, User, Workspace
from workspaces.roles import Role, may_give

if TYPE_CHECKING:
    import uuid

    from django.db.models import QuerySet

VALID_FOR = timedelta(days=7)


class BadAddress(Refused):
    """It is not an e-mail address."""

    code = "bad_address"
    message = "Enter one e-mail address, such as bob@example.com."


class AlreadyMember(Refused):
    """Whoever has this address is in the workspace already."""

    code = "already_member"
    message = "This person is already a member."


class RoleNotGivable(Refused):
    """Nobody invites somebody to more than they may give."""

    code = "role_not_givable"
    message = "Only an owner can invite somebody as an owner."


class InvitationOver(Refused):
    """It was used, revoked, or its seven days are over."""

    code = "invitation_over"
    message = "This invitation no longer works."
    hint = "It was used, revoked, or its seven days are over. Ask for another one."


class OtherAddress(Refused):
    """Only an account that has proven this address may use it."""

    code = "other_address"
    message = "This invitation is for another address."


def invite(
    workspace: Workspace, *, email: str, role: Role | str, actor: Actor | User
) -> Invitation:
    """Invite an address; an open invitation for it is replaced. A worker sends the mail.

    Raises:
        BadAddress, AlreadyMember, RoleNotGivable, TooManyInvitations: nothing was changed.
    """
    actor, role, email = Actor.of(actor), Role(role), _clean_address(email)
    with isolation.workspace(workspace):
        _refuse_role(workspace.pk, actor, role)
        everybody = Membership.objects.filter(workspace=workspace)
        if everybody.filter(user__email__iexact=email).exists():
            raise AlreadyMember
        invitation_limits.take(workspace.pk, email=email, actor=actor)
        open_ones(workspace).filter(email=email).update(revoked_at=clock.now())
        row = _renewed(
            Invitation(id=new_id(), workspace=workspace, email=email, role=role), actor=actor
        )
        row.save(force_insert=True)
        _record(row, actor=actor, act="invitation.sent")
    return row


def send_again(invitation: Invitation, *, actor: Actor | User) -> Invitation:
    """Send a new link, good for another seven days; the former one stops working.

    Raises:
        InvitationOver: it was used or revoked.
        RoleNotGivable: whoever sends it may not give that role.
        TooManyInvitations: the next one must wait.
    """
    actor = Actor.of(actor)
    with isolation.workspace(invitation.workspace_id):
        row = _locked(invitation)
        _refuse_role(row.workspace_id, actor, Role(row.role))
        if row.accepted_at or row.revoked_at:
            raise InvitationOver
        invitation_limits.take(row.workspace_id, email=row.email, actor=actor)
        row = _renewed(row, actor=actor)
        row.mailed_at = None
        row.save()
        _record(row, actor=actor, act="invitation.sent_again")
    return row


def revoke(invitation: Invitation, *, actor: Actor | User) -> Invitation:
    """Take an invitation back.

    Raises:
        InvitationOver: it was used or revoked.
    """
    with isolation.workspace(invitation.workspace_id):
        row = _locked(invitation)
        if row.accepted_at or row.revoked_at:
            raise InvitationOver
        row.revoked_at = clock.now()
        row.save(update_fields=["revoked_at"])
        _record(row, actor=Actor.of(actor), act="invitation.revoked")
    return row


def revoke_of(person: Membership, *, role: Role | None, actor: Actor) -> int:
    """Revoke what would let a person back in who is removed, or gets a lesser role; say how many.

    Those are the open invitations for an address of theirs, and the ones they sent themselves
    but may no longer give.

    Args:
        person: the member, in the scope of their workspace.
        role: what they are from now on; None when they are no member.
        actor: who changes that.
    """
    rows = [
        row
        for row in open_ones(person.workspace).select_for_update()
        if is_for(row, person.user) or _is_void(row, sender=person, role=role)
    ]
    for row in rows:
        row.revoked_at = clock.now()
        row.save(update_fields=["revoked_at"])
        _record(row, actor=actor, act="invitation.revoked")
    return len(rows)


def find(token: str) -> Invitation:
    """Find an open invitation by the token of its link.

    Raises:
        InvitationOver: there is none, or no longer.
    """
    with isolation.everything(reason="invitation by its token", is_routine=True):
        rows = Invitation.objects.select_related("workspace")
        row: Invitation | None = rows.filter(token_hash=_hashed(token)).first()
    if row is None or not row.is_open(now=clock.now()):
        raise InvitationOver
    return row


def accept(token: str, *, user: User, address: str | None = None) -> Membership:
    """Make somebody a member by their invitation, once.

    Args:
        token: the secret part of the link.
        user: who accepts; must have proven the invited address.
        address: the client's IP address, for the audit log.

    Raises:
        InvitationOver: it was used, revoked, its time is over, or whoever sent it may no longer
            give its role.
        OtherAddress: the account has not proven the invited address.
    """
    found = find(token)
    if not is_for(found, user):
        raise OtherAddress
    with isolation.workspace(found.workspace_id):
        row = _locked(found)
        if not row.is_open(now=clock.now()) or row.token_hash != _hashed(token):
            raise InvitationOver
        _refuse_sender(row)
        row.accepted_at = clock.now()
        row.save(update_fields=["accepted_at"])
        membership, _ = Membership.objects.get_or_create(
            workspace=row.workspace, user=user, defaults={"role": row.role}
        )
        _record(row, actor=Actor.of(user, address=address), act="invitation.accepted")
    result: Membership = membership
    return result


def is_for(invitation: Invitation, user: User) -> bool:
    """Whether this person has proven the invited address."""
    proven = EmailAddress.objects.filter(user=user, verified=True)
    return bool(proven.filter(email__iexact=invitation.email).exists())


def is_awaited(email: str) -> bool:
    """Whether an open invitation waits for this address, in any workspace."""
    with isolation.everything(reason="open invitations of an address", is_routine=True):
        rows = open_ones().filter(email=email.strip().lower(), expires_at__gt=clock.now())
        return bool(rows.exists())


def waiting_for(user: User) -> list[Invitation]:
    """List the open invitations for the addresses that somebody has proven, the newest first."""
    proven = EmailAddress.objects.filter(user=user, verified=True)
    addresses = [address.lower() for address in proven.values_list("email", flat=True)]
    with isolation.everything(reason="open invitations of a person", is_routine=True):
        rows = open_ones().filter(email__in=addresses, expires_at__gt=clock.now())
        return list(rows.select_related("workspace").order_by("-created_at"))


def open_ones(workspace: Workspace | None = None) -> QuerySet[Invitation]:
    """Find the open invitations of one workspace, or of all that the scope opens."""
    rows: QuerySet[Invitation] = Invitation.objects.filter(accepted_at=None, revoked_at=None)
    return rows.filter(workspace=workspace) if workspace else rows


def token_of(invitation: Invitation) -> str:
    """Make the token of an invitation's present link; nothing but the secret key can.

    It is bound to the moment at which the invitation ends, so sending it again makes another.
    """
    value = f"{invitation.pk}:{invitation.expires_at.isoformat()}"
    return salted_hmac("workspaces.invitation", value, algorithm="sha256").hexdigest()


def _renewed(row: Invitation, *, actor: Actor) -> Invitation:
    row.invited_by_id, row.invited_by_name = actor.id or NOBODY, actor.name
    row.expires_at = clock.now() + VALID_FOR
    row.token_hash = _hashed(token_of(row))
    return row


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _clean_address(email: str) -> str:
    cleaned = email.strip().lower()
    try:
        validate_email(cleaned)
    except ValidationError:
        raise BadAddress from None
    return cleaned


def _locked(invitation: Invitation) -> Invitation:
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("workspace")
    row: Invitation = rows.get(pk=invitation.pk, workspace_id=invitation.workspace_id)
    return row


def _refuse_role(workspace_id: uuid.UUID, actor: Actor, role: Role) -> None:
    if actor.id is not None and not _may_give(workspace_id, actor.id, role):
        raise RoleNotGivable


def _refuse_sender(row: Invitation) -> None:
    """Refuse what was sent by somebody who is no longer, or no longer enough of, a member."""
    if row.invited_by_id == NOBODY:  # a command sent it
        return
    if not _may_give(row.workspace_id, row.invited_by_id, Role(row.role)):
        raise InvitationOver


def _may_give(workspace_id: uuid.UUID, user_id: uuid.UUID, role: Role) -> bool:
    rows = Membership.objects.filter(workspace_id=workspace_id, user_id=user_id)
    giver = rows.filter(user__is_active=True).first()
    return giver is not None and may_give(Role(giver.role), role)


def _is_void(row: Invitation, *, sender: Membership, role: Role | None) -> bool:
    if row.invited_by_id != sender.user_id:
        return False
    return role is None or not may_give(role, Role(row.role))


def _record(row: Invitation, *, actor: Actor, act: str) -> None:
    audit.record(row.workspace, actor=actor, act=act, subject=row, details={"role": row.role})
