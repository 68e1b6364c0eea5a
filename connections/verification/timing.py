"""When a connection is verified next: once a day in its own minute, sooner after trouble."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connections import health

if TYPE_CHECKING:
    from connections.models import Connection
    from connectors.outcomes import Outcome

DAY = timedelta(days=1)
AT_LEAST_AFTER = timedelta(hours=6)
AFTER_TRANSIENT = timedelta(minutes=5)
AT_MOST_AFTER_TRANSIENT = timedelta(hours=6)


def plan(connection: Connection, outcome: Outcome, *, now: datetime, is_first: bool) -> None:
    """Set on the row when the next verification is due.

    What is not Active and failed for a passing reason is tried again after 30 s, 2 min and 10 min
    (design decision 7); what was Active after 5 min. From then on it waits twice as long each
    time, and never less than the service asks for.

    Args:
        connection: the row; the caller saves it.
        outcome: what the verification came to.
        now: the present moment.
        is_first: whether the credential in question did not work before.
    """
    attempts = connection.verification_attempts
    if not outcome.transient:
        connection.verification_attempts = 0
        connection.verification_due_at = daily_slot(connection, now=now)
        return
    connection.verification_attempts = attempts + 1
    first = health.retry_first_after(attempts) if is_first else None
    wait = first or _backed_off(attempts)
    connection.verification_due_at = now + max(wait, _asked_wait(outcome))


def daily_slot(connection: Connection, *, now: datetime) -> datetime:
    """Return the next of the connection's own moments of the day, at least six hours away.

    The moment comes from the ID, so connections spread evenly and stay put.
    """
    second = zlib.crc32(connection.pk.bytes) % int(DAY.total_seconds())
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    slot = midnight + timedelta(seconds=second)
    while slot < now + AT_LEAST_AFTER:
        slot += DAY
    return slot


def _backed_off(attempts: int) -> timedelta:
    doubled: timedelta = AFTER_TRANSIENT * 2 ** min(attempts, 10)
    return min(doubled, AT_MOST_AFTER_TRANSIENT)


def _asked_wait(outcome: Outcome) -> timedelta:
    return timedelta(seconds=outcome.retry_after_seconds or 0)  # a day at most, by the connectors
