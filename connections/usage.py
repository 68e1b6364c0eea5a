"""Where a connection is used. Apps above register their answers; this app knows none of them."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connections.models import Connection
from connectors.manifest.connector import UnknownTool

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
Paths = Callable[[Connection], str]

_finders: list[Finder] = []
_counts: list[Counts] = []
_paths: list[Paths] = []


@dataclass(frozen=True, slots=True)
class Lacking:
    """A scope that a connection was not granted, and the steps that need it, in words."""

    scope: str
    needed_by: tuple[str, ...]


def register(*, find: Finder, count: Counts, move_path: Paths | None = None) -> None:
    """Add a place to look.

    Args:
        find: lists references.
        count: counts them for many IDs at once.
        move_path: where a person lets another connection be used instead of one.
    """
    _finders.append(find)
    _counts.append(count)
    if move_path is not None:
        _paths.append(move_path)


def references(connection: Connection) -> list[Reference]:
    """List every reference to a connection, enabled or not."""
    return [reference for find in _finders for reference in find(connection)]


def counts(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Count references of many connections, in one question per place."""
    total: Counter[uuid.UUID] = Counter()
    for count in _counts:
        total.update(count(ids))
    return dict(total)


def move_path(connection: Connection) -> str:
    """Return where a person lets another connection be used instead; empty when nowhere."""
    return next((path(connection) for path in _paths), "")


def lacking(connection: Connection) -> list[Lacking]:
    """Compare what was granted, when the service tells, with what the tools in use need."""
    if connection.scopes is None:
        return []
    needed: dict[str, list[str]] = {}
    for reference in references(connection):
        title, scopes = _tool(connection, reference.tool)
        for scope in scopes:
            if scope not in connection.scopes:
                needed.setdefault(scope, []).append(f"{reference.workflow_name} · {title}")
    return [Lacking(scope, tuple(dict.fromkeys(uses))) for scope, uses in sorted(needed.items())]


def _tool(connection: Connection, key: str) -> tuple[str, list[str]]:
    """Give title and scopes of a tool; of one that is not there, nothing."""
    try:
        tool = connection.manifest.tool(key)
    except UnknownTool:
        return "", []
    return tool.title, list(tool.scopes)
