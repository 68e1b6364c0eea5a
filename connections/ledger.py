"""The ledger of use: every call through a connection, by steps of runs and by people, no values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q

from connections import runs
from connections.models import Call
from spojit.lib.cursors import Cursor

if TYPE_CHECKING:
    from connections.models import Connection
    from connections.runs import Use

PAGE = 50


class Page(NamedTuple):
    """Uses, the newest first, and where older ones begin."""

    rows: list[Use | Call]
    older: Cursor | None


def page(connection: Connection, *, before: Cursor | None = None) -> Page:
    """Read one page, whose cost does not grow with the pages before it, in the scope."""
    rows: list[Use | Call] = [
        *runs.uses(connection, before=before, most=PAGE + 1),
        *_calls(connection, before=before),
    ]
    rows.sort(key=_place, reverse=True)
    older = _place(rows[PAGE - 1]) if len(rows) > PAGE else None
    return Page(rows[:PAGE], older)


def _calls(connection: Connection, *, before: Cursor | None) -> list[Call]:
    rows = Call.objects.filter(workspace_id=connection.workspace_id, connection_id=connection.pk)
    if before is not None:
        is_before = Q(created_at__lt=before.at) | Q(id__lt=before.id)
        rows = rows.filter(is_before, created_at__lte=before.at)
    slim = rows.select_related("connection").defer("shown", "arguments_sealed")
    return list(slim.order_by("-created_at", "-id")[: PAGE + 1])


def _place(row: Use | Call) -> Cursor:
    return Cursor(row.created_at if isinstance(row, Call) else row.at, row.id)
