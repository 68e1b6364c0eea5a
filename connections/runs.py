"""What runs have to do with a connection. The app above registers its answers; this one knows none.

Some wait for it, some failed for it, each of their steps that calls through it is a use of it, and
deliveries to it start them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from connections.models import Connection
from spojit.lib.cursors import Cursor

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many runs wait for a connection, and how many failed because it did not work.

    `most` is what is counted at most; `rerun_path` is where to post to run those again together.
    """

    held: int
    held_path: str
    failed: int
    failed_path: str
    failed_since: datetime | None
    rerun_path: str
    most: int


class Use(NamedTuple):
    """One call through a connection by a step of a run; no values."""

    at: datetime
    id: uuid.UUID
    tool: str
    by: str
    path: str
    detail: str
    outcome: str
    is_over: bool
    is_ok: bool
    version: int
    duration_ms: int


class Shown(NamedTuple):
    """A status as a mark and a word."""

    kind: str
    word: str
    reason: str = ""


class Started(NamedTuple):
    """A run that a delivery started."""

    workflow: str
    status: str
    word: str
    path: str

    @property
    def shown(self) -> Shown:
        """Its status, as templates draw one."""
        return Shown(self.status, self.word)


Stops = Callable[[Connection], Stopped]
Uses = Callable[[Connection, Cursor | None, int], list[Use]]
Starts = Callable[[Collection[uuid.UUID]], dict[uuid.UUID, list[Started]]]

_stops: list[Stops] = []
_uses: list[Uses] = []
_starts: list[Starts] = []


def register(*, stopped: Stops, uses: Uses, started: Starts) -> None:
    """Add an app whose runs use connections; each answer is asked for in the workspace's scope."""
    _stops.append(stopped)
    _uses.append(uses)
    _starts.append(started)


def stopped(connection: Connection) -> list[Stopped]:
    """Say which runs a connection stops now, or has stopped; nothing when it stops none."""
    found = [ask(connection) for ask in _stops]
    return [one for one in found if one.held or one.failed]


def uses(connection: Connection, *, before: Cursor | None, most: int) -> list[Use]:
    """List the newest uses by steps, those before a place in the list only."""
    found = [use for ask in _uses for use in ask(connection, before, most)]
    return sorted(found, key=lambda use: (use.at, use.id), reverse=True)[:most]


def started(delivery_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Started]]:
    """List the runs that deliveries started, by the delivery."""
    found: dict[uuid.UUID, list[Started]] = {}
    for ask in _starts:
        for delivery_id, runs in ask(delivery_ids).items():
            found.setdefault(delivery_id, []).extend(runs)
    return found
