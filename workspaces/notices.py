"""Notices: told once per change to each person, in the app and by mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce

from spojit.lib import clock
from workspaces import isolation, mail, outbox
from workspaces.models import Membership, Notice, User, Workspace

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

MAILED_FOR = timedelta(days=1)


def tell(
    workspace: Workspace,
    *,
    users: Iterable[User],
    key: str,
    title: str,
    text: str = "",
    path: str = "",
    subject_id: uuid.UUID | None = None,
) -> int:
    """Tell people something once; return how many were not told yet.

    Args:
        workspace: where it happened; its scope must be open.
        users: whom to tell.
        key: what it is about. Nobody is told twice of one key, even once it is closed, so what may
            happen again has its moment in the key.
        title: one line.
        text: what it means and what to do.
        path: where the button leads, from the site's root.
        subject_id: the row that it speaks of, so that it can be closed with it.
    """
    rows = [
        Notice(
            workspace=workspace,
            user=user,
            key=key[:200],
            title=title[:200],
            text=text,
            path=path,
            subject_id=subject_id,
        )
        for user in users
    ]
    told = Notice.objects.filter(workspace=workspace, key=key[:200])
    known = set(told.values_list("user_id", flat=True))
    fresh = [row for row in rows if row.user_id not in known]
    return len(Notice.objects.bulk_create(fresh, ignore_conflicts=True))


def close(workspace: Workspace, *, subject_id: uuid.UUID, key_prefix: str = "") -> int:
    """Close what is no longer true of a subject; return how many notices that were."""
    rows = Notice.objects.filter(workspace=workspace, subject_id=subject_id, closed_at=None)
    return rows.filter(key__startswith=key_prefix).update(closed_at=clock.now())


def of(membership: Membership) -> QuerySet[Notice]:
    """Return what a member was told and is still true, the newest first, in the open scope."""
    rows: QuerySet[Notice] = Notice.objects.filter(
        workspace_id=membership.workspace_id, user_id=membership.user_id, closed_at=None
    )
    return rows.order_by("-created_at", "-pk")


def count_unread(membership: Membership) -> int:
    """Count what a member has not read yet."""
    if isolation.is_open():
        return of(membership).filter(read_at=None).count()
    with isolation.workspace(membership.workspace_id):
        return of(membership).filter(read_at=None).count()


def read(membership: Membership, *, ids: Iterable[uuid.UUID] | None = None) -> int:
    """Mark a member's own notices as read, some or all; return how many were unread."""
    with isolation.workspace(membership.workspace_id):
        rows = of(membership).filter(read_at=None).order_by()
        if ids is not None:
            rows = rows.filter(pk__in=list(ids))
        return rows.update(read_at=clock.now())


def dismiss(membership: Membership, *, notice_id: uuid.UUID) -> int:
    """Take one of a member's own notices off their list; return 0 when it is not there."""
    with isolation.workspace(membership.workspace_id):
        now = clock.now()
        rows = of(membership).filter(pk=notice_id).order_by()
        return rows.update(read_at=Coalesce("read_at", Value(now)), closed_at=now)


def mail_waiting(*, now: datetime) -> int:
    """Mail what was not mailed yet; return how many were tried.

    One that the mail server does not take is tried again by the next sweep, for a day. A worker
    killed meanwhile loses at most the one mail it was sending; the notice is still in the app.
    """
    tried = 0
    waiting = partial(_to_mail, now=now)
    for row in outbox.claimed(waiting, reason="notices to mail", now=now):
        _mail(row)
        tried += 1
    return tried


def _to_mail(*, now: datetime) -> QuerySet[Notice]:
    rows: QuerySet[Notice] = Notice.objects.filter(closed_at=None, created_at__gt=now - MAILED_FOR)
    return rows.select_related("user", "workspace")


def _mail(notice: Notice) -> None:
    context = {"notice": notice, "url": f"{settings.PUBLIC_URL}{notice.path}"}
    if not mail.send("mail/notice.txt", context, subject=notice.title, to=notice.user.email):
        outbox.give_back(notice)
