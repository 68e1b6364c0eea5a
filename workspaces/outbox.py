"""Rows that wait to be mailed, claimed one by one, each right before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from spojit.lib.ids import NOBODY
from workspaces import isolation

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    from workspaces.models import Invitation, Notice

    Row = TypeVar("Row", Notice, Invitation)

MOST_AT_ONCE = 100


def claimed(waiting: Callable[[], QuerySet[Row]], *, reason: str, now: datetime) -> Iterator[Row]:
    """Hand out what waits, the oldest first, each row marked as mailed just before.

    A worker that is killed loses at most the one mail it was sending; it doubles none.

    Args:
        waiting: the rows that wait, asked anew for each.
        reason: why all workspaces are opened, for the log.
        now: the moment that is noted.
    """
    seen: set[uuid.UUID] = {NOBODY}
    while len(seen) <= MOST_AT_ONCE:
        with isolation.everything(reason=reason, is_routine=True):
            rows = waiting().exclude(pk__in=seen).filter(mailed_at=None).order_by("created_at")
            row = rows.select_for_update(skip_locked=True, of=("self",)).first()
            if row is None:
                return
            type(row).objects.filter(pk=row.pk).update(mailed_at=now)
        seen.add(row.pk)
        yield row


def give_back(row: Row) -> None:
    """Let a row wait again, because the mail server did not take its mail."""
    with isolation.workspace(row.workspace_id):
        rows = type(row).objects.filter(pk=row.pk, workspace_id=row.workspace_id)
        rows.update(mailed_at=None)
