"""Delay: goes on after a time, or at a moment. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from spojit.lib import clock
from workflows.definition import settings as kinds
from workflows.engine.results import Done, Failed, Waits

if TYPE_CHECKING:
    from workflows.engine.visit import Visit


def run(visit: Visit) -> Done:
    """Wait, and then give the moment at which it goes on."""
    until = (visit.entry and visit.entry.due_at) or _until(visit)
    if until > clock.now():
        raise Waits(until, "time")
    return Done({"until": until.isoformat()})


def _until(visit: Visit) -> datetime:
    settings = visit.node.settings
    assert isinstance(settings, kinds.Delay)
    if settings.seconds:
        return visit.started_at + timedelta(seconds=settings.seconds)
    until = _moment(visit.scope.fill(settings.until))
    latest = visit.started_at + timedelta(seconds=kinds.LONGEST_WAIT_SECONDS)
    if until > latest:
        raise Failed("bad_moment", "It would wait for longer than 30 days.")
    return until


def _moment(told: object) -> datetime:
    try:
        found = datetime.fromisoformat(str(told).strip())
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        raise Failed("bad_moment", "This is no moment as ISO 8601 writes it.") from None
