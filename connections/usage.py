"""Where a connection is used. Apps above register their answers; this app knows none of them."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connections.models import Connection

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reference:
    """One place that refers to a connection: a workflow's node and its tool."""

    workflow_id: uuid.UUID
    workflow_name: str
    node: str
    tool: str
    is_enabled: bool
    path: str
    next_run_at: datetime | None = None


Finder = Callable[[Connection], list[Reference]]
Counts = Callable[[Collection[uuid.UUID]], dict[uuid.UUID, int]]

_finders: list[Finder] = []
_counts: list[Counts] = []


def register(*, find: Finder, count: Counts) -> None:
    """Add a place to look: `find` lists references, `count` counts them for many IDs at once."""
    _finders.append(find)
    _counts.append(count)


def references(connection: Connection) -> list[Reference]:
    """List every reference to a connection, enabled or not."""
    return [reference for find in _finders for reference in find(connection)]


def counts(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Count references of many connections, in one question per place."""
    total: Counter[uuid.UUID] = Counter()
    for count in _counts:
        total.update(count(ids))
    return dict(total)
