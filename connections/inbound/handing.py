"""Hands accepted deliveries to whoever listens: each once, in the transaction that says so.

A registry filled in `apps.ready()`. A claim moves `due_at` on, so that what a lost worker held, or
what a listener failed on, comes up again later and alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

from connections.inbound import counting
from connections.inbound.checking import CHALLENGE
from connections.models import Delivery
from spojit.lib import clock
from workspaces import isolation

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

Listener = Callable[[Delivery], None]

MOST_AT_ONCE = 100
AGAIN_AFTER = timedelta(seconds=45)
AGAIN_AT_MOST = timedelta(hours=1)

_listeners: list[Listener] = []

# Materialized, since a subquery that is scanned again would lock more rows than its limit.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM connections_delivery
    WHERE settled_at IS NULL AND due_at <= %(now)s AND attempts {which}
    ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE connections_delivery AS d
SET attempts = d.attempts + 1,
    due_at = %(now)s + least(%(after)s * power(2, least(d.attempts, 10)), %(at_most)s)
FROM due
WHERE d.id = due.id
RETURNING d.workspace_id, d.id
"""
_FRESH = _CLAIM.format(which="= 0")
_FAILED = _CLAIM.format(which="> 0")


def on_delivery(listener: Listener) -> None:
    """Call `listener(delivery)` for each accepted delivery, in the scope of its workspace.

    It runs in the transaction that marks the delivery as handed over, so what it writes is there
    exactly once. When it raises, the delivery is tried again later.
    """
    _listeners.append(listener)


def is_any_due(*, now: datetime) -> bool:
    """Say whether something waits that nobody holds."""
    with isolation.everything(reason="deliveries that wait", is_routine=True):
        waiting = Delivery.objects.filter(settled_at=None, due_at__lte=now)
        return bool(waiting.exists())


def hand_over(*, now: datetime) -> int:
    """Claim deliveries of all workspaces and hand them over; return how many were claimed.

    Each workspace's are one transaction, and what a listener failed on before is one by itself: it
    keeps nothing else waiting.

    Raises:
        whatever a listener raises, once all were called; what it was handed comes up again.
    """
    claimed = [
        *_claim(_FRESH, now=now, most=MOST_AT_ONCE).items(),
        *_claim(_FAILED, now=now, most=1).items(),
    ]
    with ExitStack() as all_of_them:  # what one raises is kept until the others are done
        for workspace_id, ids in reversed(claimed):
            all_of_them.callback(_settle, workspace_id, ids)
    return sum(len(ids) for _, ids in claimed)


def hand_over_one(workspace_id: uuid.UUID, delivery_id: uuid.UUID) -> None:
    """Hand one delivery over now, for somebody waits; nothing when that was done before.

    Whoever is at it already is waited for, by the row's lock.

    Raises:
        whatever a listener raises; the delivery comes up again by itself.
    """
    _settle(workspace_id, [delivery_id])


def _claim(statement: str, *, now: datetime, most: int) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Claim what is due, by workspace."""
    asked = {"now": now, "most": most, "after": AGAIN_AFTER, "at_most": AGAIN_AT_MOST}
    rows = isolation.ask_everywhere(statement, asked, reason="deliveries that wait")
    claimed: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for workspace_id, delivery_id in rows:
        claimed[workspace_id].append(delivery_id)
    return claimed


def _settle(workspace_id: uuid.UUID, ids: list[uuid.UUID]) -> None:
    """Hand over what is still to be, locked meanwhile: a slower worker finds it done."""
    with isolation.workspace(workspace_id):
        rows = Delivery.objects.select_for_update(of=("self",)).select_related("connection")
        waiting = rows.filter(pk__in=ids, settled_at=None).order_by("received_at", "pk")
        deliveries = list(waiting.defer("sealed", "headers"))
        for delivery in filter(_is_for_listeners, deliveries):
            for listener in _listeners:
                listener(delivery)
        settled = Delivery.objects.filter(pk__in=[row.pk for row in deliveries])
        settled.update(settled_at=clock.now())
        counting.add(deliveries)


def _is_for_listeners(delivery: Delivery) -> bool:
    """Whether it starts anything: what came to a connection that was removed since does not."""
    is_present = delivery.connection.removed_at is None
    return delivery.is_accepted and delivery.reason != CHALLENGE and is_present
