"""Answers that senders wait for, and how what they started stands. Apps above tell; see `register`.

A thread that waits holds no transaction and no database connection, and there are few such places:
senders beyond them are answered at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.conf import settings

from connections.inbound import handing, listeners
from connections.models import Delivery, Hook
from connections.models.delivery import Verdict
from spojit.lib import metrics
from spojit.lib.ids import siblings
from workspaces import isolation

if TYPE_CHECKING:
    from datetime import datetime

log = structlog.get_logger(__name__)

FIRST_LOOK_SECONDS = 0.01
LAST_LOOK_SECONDS = 0.1
QUEUED = "queued"


@dataclass(frozen=True, slots=True)
class State:
    """How a run stands; `response` is what it gave back: `status`, `headers` and `body`."""

    status: str
    finished_at: datetime | None = None
    response: dict[str, Any] | None = None

    @property
    def is_told(self) -> bool:
        """Whether there is nothing left to wait for."""
        return self.response is not None or self.finished_at is not None


@dataclass(frozen=True, slots=True)
class Awaited:
    """The run that a sender waits for, at most so long."""

    workspace_id: UUID
    connection_id: UUID
    delivery_id: UUID
    run_id: UUID
    seconds: int


Look = Callable[[UUID, UUID, UUID], State | None]

_looks: list[Look] = []
_places = threading.BoundedSemaphore(settings.HOOK_WAITERS)
_sleep = time.sleep


def register(look: Look) -> None:
    """Ask `look(workspace_id, connection_id, run_id)` how runs stand.

    It knows only runs that deliveries to that very connection started, and opens its own scope.
    """
    _looks.append(look)


def wait(awaited: Awaited) -> State | None:
    """Hand a committed delivery over now, and wait for what it gives back.

    None when that takes longer, when no place is free, or when nothing was started.
    """
    began = time.monotonic()
    found, outcome = _attempted(awaited)
    metrics.count_outcome("hook_wait", outcome, seconds=time.monotonic() - began)
    return found


def state(workspace_id: UUID, connection_id: UUID, run_id: UUID) -> State | None:
    """Say how a run stands that a delivery to this connection started, or is about to start."""
    found = _looked(workspace_id, connection_id, run_id)
    if found is None and _is_to_start(workspace_id, connection_id, run_id):
        return State(QUEUED)
    return found


def _attempted(awaited: Awaited) -> tuple[State | None, str]:
    """Wait in one of the places; say besides what came of it, in a word."""
    if not _places.acquire(blocking=False):
        return None, "no_place"
    try:
        handing.hand_over_one(awaited.workspace_id, awaited.delivery_id)
        found = _waited(awaited)
    except Exception:
        # It is committed: the sender is told so, and a worker hands it over again.
        log.exception("A delivery could not be answered by its run")
        return None, "fault"
    finally:
        _places.release()
    return found, "answered" if found else "too_late"


def _waited(awaited: Awaited) -> State | None:
    until, pause = time.monotonic() + awaited.seconds, FIRST_LOOK_SECONDS
    while True:
        found = _looked(awaited.workspace_id, awaited.connection_id, awaited.run_id)
        left = until - time.monotonic()
        if found is None or found.is_told:
            return found
        if left <= 0:
            return None
        isolation.give_back()
        _sleep(min(pause, left))
        pause = min(pause * 1.5, LAST_LOOK_SECONDS)


def _looked(workspace_id: UUID, connection_id: UUID, run_id: UUID) -> State | None:
    answers = (look(workspace_id, connection_id, run_id) for look in _looks)
    return next((one for one in answers if one is not None), None)


def _is_to_start(workspace_id: UUID, connection_id: UUID, run_id: UUID) -> bool:
    """Whether a delivery that nobody was handed yet will start what has this ID."""
    with isolation.workspace(workspace_id):
        hook = Hook.objects.filter(connection_id=connection_id).first()
        waiting = Delivery.objects.filter(connection_id=connection_id, settled_at=None)
        accepted = waiting.filter(verdict=Verdict.ACCEPTED, pk__range=siblings(run_id))
        ids = list(accepted.values_list("pk", flat=True))
    there = listeners.read(hook.listeners) if hook else []
    return any(one.started_by(delivery_id) == run_id for one in there for delivery_id in ids)
