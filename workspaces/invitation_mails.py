"""Sends invitations to the addresses that they are for."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from workspaces import invitations, mail, outbox

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from workspaces.models import Invitation

MAILED_FOR = timedelta(days=1)


def mail_waiting(*, now: datetime) -> int:
    """Send the invitations that were not sent yet, for a day; return how many were tried.

    A worker killed meanwhile loses at most the one mail it was sending; it can be sent again.
    """
    tried = 0
    waiting = partial(_waiting, now=now)
    for row in outbox.claimed(waiting, reason="invitations to mail", now=now):
        _mail(row)
        tried += 1
    return tried


def _waiting(*, now: datetime) -> QuerySet[Invitation]:
    fresh = now + invitations.VALID_FOR - MAILED_FOR
    return invitations.open_ones().filter(expires_at__gt=fresh).select_related("workspace")


def _mail(row: Invitation) -> None:
    path = reverse("workspaces:invitation_accept", kwargs={"token": invitations.token_of(row)})
    sent = mail.send(
        "mail/invitation.txt",
        {"invitation": row, "url": f"{settings.PUBLIC_URL}{path}"},
        subject=f"{row.invited_by_name} invites you to {row.workspace.name} on Spojit",
        to=row.email,
    )
    if not sent:
        outbox.give_back(row)
