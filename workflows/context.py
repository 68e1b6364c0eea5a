"""What every page's frame counts: unread notices, and approvals that wait for whoever looks.

One question for both: it is asked for every page.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Subquery
from django.utils.functional import SimpleLazyObject

from workflows import approvals
from workspaces import isolation, notices
from workspaces.models import Membership

if TYPE_CHECKING:
    from django.http import HttpRequest


class Counts(NamedTuple):
    """How many there are."""

    notices: int
    approvals: int


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give the counts, which are asked for only when they are shown."""
    membership: Membership | None = getattr(request, "membership", None)
    found = SimpleLazyObject(lambda: count(membership) if membership else Counts(0, 0))
    return {
        "notices_count": SimpleLazyObject(lambda: found.notices),
        "approvals_count": SimpleLazyObject(lambda: found.approvals),
    }


def count(membership: Membership) -> Counts:
    """Count what waits for a member."""
    is_open = isolation.is_open()
    with nullcontext() if is_open else isolation.workspace(membership.workspace_id):
        unread = notices.of(membership).filter(read_at=None).order_by().values("user_id")
        waiting = approvals.open_to_all(membership.workspace_id)[: approvals.MOST_COUNTED]
        row = (
            Membership.objects.filter(pk=membership.pk)
            .annotate(
                unread=Subquery(unread.annotate(of=Count("pk")).values("of")),
                asked=ArraySubquery(waiting.values("approvers")),
            )
            .values_list("unread", "asked")
            .get()
        )
        return Counts(row[0] or 0, approvals.count_asked(membership, row[1]))
