"""Notices: told once per change to each person, in the app and by mail."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from spojit.lib import clock, redaction
from workspaces import isolation
from workspaces.models import Notice, User, Workspace

MOST_AT_ONCE = 100


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
    """Tell people something once; return how many did not know it yet.

    Args:
        workspace: where it happened; its scope must be open.
        users: whom to tell.
        key: what it is about; while a notice of this key is open nobody is told again.
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
    known = set(
        Notice.objects.filter(workspace=workspace, key=key[:200]).values_list("user_id", flat=True)
    )
    fresh = [row for row in rows if row.user_id not in known]
    return len(Notice.objects.bulk_create(fresh, ignore_conflicts=True))


def close(workspace: Workspace, *, subject_id: uuid.UUID, key_prefix: str = "") -> int:
    """Close what is no longer true of a subject; return how many notices that were."""
    rows = Notice.objects.filter(workspace=workspace, subject_id=subject_id, closed_at=None)
    return rows.filter(key__startswith=key_prefix).update(closed_at=clock.now())


def mail_waiting(*, now: datetime) -> int:
    """Send what was not mailed yet; each notice at most once, claimed before it is sent."""
    with isolation.everything(reason="notices to mail"):
        waiting = Notice.objects.select_for_update(skip_locked=True, of=("self",))
        rows = list(
            waiting.filter(mailed_at=None, closed_at=None)
            .select_related("user", "workspace")
            .order_by("created_at")[:MOST_AT_ONCE]
        )
        Notice.objects.filter(pk__in=[row.pk for row in rows]).update(mailed_at=now)
    for row in rows:
        _mail(row)
    return len(rows)


def _mail(notice: Notice) -> None:
    context = {"notice": notice, "url": f"{settings.PUBLIC_URL}{notice.path}"}
    text = redaction.redact(render_to_string("mail/notice.txt", context))
    EmailMessage(redaction.redact(notice.title), text, to=[notice.user.email]).send()
