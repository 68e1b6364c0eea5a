"""Wake-ups for workers: one message stands for many runs; a sweep finds what it missed."""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import RedisError

from connections.models import Connection
from spojit.lib import clock
from workflows.runs import blamed, claiming, working
from workflows.triggers import schedule
from workspaces import isolation
from workspaces.audit import Actor
from workspaces.models import User

log = structlog.get_logger(__name__)

WORK_FOR_SECONDS = 60.0
WAKE = "runs:wake"
WAKE_SECONDS = 5


@shared_task(name="workflows.work")
def work(**_: Any) -> None:
    """Carry on what is due, until nothing is; one such task a process works at a time.

    A second one leaves all to the first, which looks once more when it has let go.
    """
    if working.is_at_work():
        return
    cache.delete(WAKE)
    found = working.work(threads=settings.RUN_THREADS, seconds=WORK_FOR_SECONDS)
    if found:
        log.info("Runs carried on", **found)
    cache.delete(WAKE)
    if claiming.is_any_due(now=clock.now()):
        _wake()
    _come_back()


@shared_task(name="workflows.sweep")
def sweep(**_: Any) -> None:
    """Wake a worker for what nobody was woken for: new runs, pauses that ended, lost workers."""
    if claiming.is_any_due(now=clock.now()):
        work.apply_async(expires=settings.SWEEP_SECONDS)


@shared_task(name="workflows.start_scheduled")
def start_scheduled(**_: Any) -> None:
    """Start what the clock starts, and look again when the next moment comes."""
    found = schedule.start_due(now=clock.now())
    if found:
        log.info("Schedules looked at", **found)
    if found["started"]:
        _wake()
    now = clock.now()
    soon = schedule.next_due(now=now, within=settings.SWEEP_SECONDS)
    if soon and cache.add(f"schedules:at:{soon.timestamp():.0f}", 1, timeout=60):
        start_scheduled.apply_async(countdown=max(0.0, (soon - now).total_seconds()))


def _come_back() -> None:
    """Look again when the next pause ends, if that is before the next sweep."""
    now = clock.now()
    soon = claiming.next_due(now=now, within=settings.SWEEP_SECONDS)
    if soon and cache.add(f"runs:at:{soon.timestamp():.1f}", 1, timeout=2 * settings.SWEEP_SECONDS):
        work.apply_async(countdown=max(0.0, (soon - now).total_seconds()))


@shared_task(name="workflows.rerun_blamed")
def rerun_blamed_now(*, connection_id: str, actor_id: str, **_: Any) -> None:
    """Repeat what failed for a connection; a second message finds nothing left to repeat."""
    with isolation.everything(reason="runs that failed for a connection", is_routine=True):
        connection = Connection.objects.filter(pk=connection_id, removed_at=None).first()
    user = User.objects.filter(pk=actor_id).first()
    if connection is None or user is None:
        return
    if blamed.rerun_all(connection, actor=Actor.of(user)):
        _wake()


def rerun_blamed(connection: Connection, *, user: User) -> None:
    """Let a worker repeat what failed for a connection, once this transaction is committed."""
    rerun_blamed_now.delay_on_commit(connection_id=str(connection.pk), actor_id=str(user.pk))


def announce() -> None:
    """Wake a worker once this transaction is committed, unless one is being woken."""
    waiting = transaction.get_connection().run_on_commit
    if not any(act is _wake for _, act, *_ in waiting):
        transaction.on_commit(_wake)


def _wake() -> None:
    try:
        if cache.add(WAKE, 1, timeout=WAKE_SECONDS):
            work.apply_async(retry=False)
    except (OperationalError, RedisError):
        log.warning("No worker could be woken for runs: a sweep finds them")
