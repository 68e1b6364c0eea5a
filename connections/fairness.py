"""Due rows of all workspaces in turns: many rows of one workspace keep no other one waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

if TYPE_CHECKING:
    import uuid

    from django.db.models import QuerySet


def take_turns(rows: QuerySet[Any], *, by: str, most: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """List (workspace ID, row ID): the first of each workspace, then the second of each, and on.

    Args:
        rows: what is due, in a scope that sees all workspaces.
        by: the moment by which the longest waiting comes first.
        most: how many to give at most.
    """
    turn = Window(RowNumber(), partition_by=F("workspace_id"), order_by=F(by).asc())
    ordered = rows.annotate(turn=turn).order_by("turn", by)
    return list(ordered.values_list("workspace_id", "pk")[:most])
