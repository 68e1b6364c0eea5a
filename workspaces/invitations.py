"""Invitations: a link for one address, used once, within seven days; only its hash is stored."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse
from django.utils.crypto import salted_hmac

from spojit.lib import clock
from spojit.lib.errors import Refused
from spojit.lib.ids import NOBODY, new_id
from workspaces import audit, isolation, mail
from workspaces.audit import Actor
from workspaces.models import Invitation, Membership, User, Workspace
from workspaces.roles import Role, may_give

if TYPE_CHECKING:
    from django.db.models import QuerySet

VALID_FOR = timedelta(days=7)
MAILED_FOR = timedelta(days=1)
MOST_AT_ONCE = 100


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
        BadAddress, AlreadyMember, RoleNotGivable: nothing was changed.
    """
    actor, role, email = Actor.of(actor), Role(role), _clean_address(email)
    with isolation.workspace(workspace):
        _refuse_role(actor, role)
        if Membership.objects.filter(user__email__iexact=email).exists():
            raise AlreadyMember
        _open_ones().filter(email=email).update(revoked_at=clock.now())
        row = _renewed(Invitation(id=new_id(), workspace=workspace, email=email, role=role))
        row.invited_by_id, row.invited_by_name = actor.id or NOBODY, actor.name
        row.save(force_insert=True)
        _record(row, actor=actor, act="invitation.sent")
    return row


def send_again(invitation: Invitation, *, actor: Actor | User) -> Invitation:
    """Send a new link, good for another seven days; the former one stops working.

    Raises:
        InvitationOver: it was used or revoked.
        RoleNotGivable: whoever sends it may not give that role.
    """
    actor = Actor.of(actor)
    with isolation.workspace(invitation.workspace_id):
        row = _locked(invitation)
        _refuse_role(actor, Role(row.role))
        if row.accepted_at or row.revoked_at:
            raise InvitationOver
        row = _renewed(row)
        row.mailed_at = None
        row.save(update_fields=["token_hash", "expires_at", "mailed_at"])
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
        InvitationOver: it was used, revoked, or its time is over.
        OtherAddress: the account has not proven the invited address.
    """
    found = find(token)
    if not is_for(found, user):
        raise OtherAddress
    with isolation.workspace(found.workspace_id):
        row = _locked(found)
        if not row.is_open(now=clock.now()) or row.token_hash != _hashed(token):
            raise InvitationOver
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
        rows = _open_ones().filter(email=email.strip().lower(), expires_at__gt=clock.now())
        return bool(rows.exists())


def waiting_for(user: User) -> list[Invitation]:
    """List the open invitations for the addresses that somebody has proven, the newest first."""
    proven = EmailAddress.objects.filter(user=user, verified=True)
    addresses = [address.lower() for address in proven.values_list("email", flat=True)]
    with isolation.everything(reason="open invitations of a person", is_routine=True):
        rows = _open_ones().filter(email__in=addresses, expires_at__gt=clock.now())
        return list(rows.select_related("workspace").order_by("-created_at"))


def mail_waiting(*, now: datetime) -> int:
    """Send the invitations that were not sent yet, for a day; return how many were tried."""
    with isolation.everything(reason="invitations to mail", is_routine=True):
        waiting = Invitation.objects.select_for_update(skip_locked=True, of=("self",))
        waiting = waiting.select_related("workspace").filter(
            mailed_at=None,
            accepted_at=None,
            revoked_at=None,
            expires_at__gt=now + VALID_FOR - MAILED_FOR,
        )
        rows = list(waiting.order_by("created_at")[:MOST_AT_ONCE])
        Invitation.objects.filter(pk__in=[row.pk for row in rows]).update(mailed_at=now)
    for row in rows:
        _mail(row)
    return len(rows)


def token_of(invitation: Invitation) -> str:
    """Make the token of an invitation's present link; nothing but the secret key can.

    It is bound to the moment at which the invitation ends, so sending it again makes another.
    """
    value = f"{invitation.pk}:{invitation.expires_at.isoformat()}"
    return salted_hmac("workspaces.invitation", value, algorithm="sha256").hexdigest()


def _renewed(row: Invitation) -> Invitation:
    row.expires_at = clock.now() + VALID_FOR
    row.token_hash = _hashed(token_of(row))
    return row


def _mail(row: Invitation) -> None:
    path = reverse("workspaces:invitation_accept", kwargs={"token": token_of(row)})
    sent = mail.send(
        "mail/invitation.txt",
        {"invitation": row, "url": f"{settings.PUBLIC_URL}{path}"},
        subject=f"{row.invited_by_name} invites you to {row.workspace.name} on Spojit",
        to=row.email,
    )
    if not sent:
        with isolation.workspace(row.workspace_id):
            Invitation.objects.filter(pk=row.pk).update(mailed_at=None)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _clean_address(email: str) -> str:
    cleaned = email.strip().lower()
    try:
        validate_email(cleaned)
    except ValidationError:
        raise BadAddress from None
    return cleaned


def _open_ones() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at=None, revoked_at=None)


def _locked(invitation: Invitation) -> Invitation:
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("workspace")
    row: Invitation = rows.get(pk=invitation.pk)
    return row


def _refuse_role(actor: Actor, role: Role) -> None:
    if actor.id is None:
        return
    giver = Membership.objects.filter(user_id=actor.id).first()
    if giver is None or not may_give(Role(giver.role), role):
        raise RoleNotGivable


def _record(row: Invitation, *, actor: Actor, act: str) -> None:
    audit.record(row.workspace, actor=actor, act=act, subject=row, details={"role": row.role})
