"""Claims due runs: the interactive ones first, workspaces in turns, each run by one worker.

A claim moves `due_at` on to the end of its lease, so that what a lost worker held comes up again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

from spojit.lib import clock
from spojit.lib.ids import new_id
from workspaces import isolation

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

INTERACTIVE = 0
ORDINARY = 1
SCHEDULED = 2
"""Priorities: what people wait for, what services send, what the clock starts."""

# Workspaces with unfinished runs are found by hopping along the index, and of each the first few
# due runs. Materialized, since a subquery that is scanned again would lock more than its limit.
_CLAIM = """
WITH RECURSIVE home AS (
    (SELECT workspace_id AS id FROM workflows_run WHERE finished_at IS NULL
     ORDER BY workspace_id LIMIT 1)
    UNION ALL
    SELECT (SELECT r.workspace_id FROM workflows_run AS r
            WHERE r.finished_at IS NULL AND r.workspace_id > home.id
            ORDER BY r.workspace_id LIMIT 1)
    FROM home WHERE home.id IS NOT NULL
), due AS (
    SELECT found.id, priority.of AS priority, found.due_at,
           row_number() OVER (PARTITION BY home.id ORDER BY priority.of, found.due_at, found.id)
           AS turn
    FROM home
    CROSS JOIN (VALUES (0), (1), (2)) AS priority (of)
    CROSS JOIN LATERAL (
        SELECT r.id, r.due_at FROM workflows_run AS r
        WHERE r.workspace_id = home.id AND r.finished_at IS NULL
          AND r.priority = priority.of AND r.due_at <= %(now)s
        ORDER BY r.due_at, r.id LIMIT %(most)s
    ) AS found
), chosen AS MATERIALIZED (
    SELECT r.id, due.priority, due.turn, due.due_at AS was_due
    FROM workflows_run AS r JOIN due ON due.id = r.id
    WHERE r.finished_at IS NULL AND r.due_at <= %(now)s
    ORDER BY due.priority, due.turn, due.due_at, r.id
    LIMIT %(most)s FOR UPDATE OF r SKIP LOCKED
)
UPDATE workflows_run AS r
SET status = 'running', waits_for = '', waits_for_id = NULL,
    started_at = coalesce(r.started_at, %(now)s),
    losses = r.losses + (r.lease_owner IS NOT NULL)::int,
    lease_owner = %(owner)s, due_at = %(until)s
FROM chosen JOIN workflows_run AS whole ON whole.id = chosen.id
JOIN workflows_workflow AS w ON w.id = whole.workflow_id
WHERE r.id = chosen.id
RETURNING r.workspace_id, r.id, r.workflow_id, w.name, r.version_id, r.trigger, r.data_sealed,
          r.lease_owner, r.created_at, r.worked_ms, r.losses,
          r.started_at = %(now)s AND r.rerun_of_id IS NULL AND r.only_node_id = '', r.only_node_id,
          r.parent_id
"""

_ANY = """
SELECT 1 FROM workflows_run WHERE finished_at IS NULL AND due_at <= %(now)s LIMIT 1
"""

_SOON = """
SELECT min(due_at) FROM workflows_run
WHERE finished_at IS NULL AND lease_owner IS NULL AND due_at > %(now)s AND due_at <= %(until)s
"""


class Claimed(NamedTuple):
    """A run in the hands of one worker; `is_fresh` when none of its steps is written yet.

    One that repeats another, or tries one step, has copied steps from its beginning.
    """

    workspace_id: uuid.UUID
    id: uuid.UUID
    workflow_id: uuid.UUID
    workflow_name: str
    version_id: uuid.UUID
    trigger: str
    data_sealed: bytes | None
    owner: uuid.UUID
    created_at: datetime
    worked_ms: int
    losses: int
    is_fresh: bool
    only_node_id: str
    parent_id: uuid.UUID | None


def claim(*, most: int) -> list[Claimed]:
    """Claim due runs of all workspaces, at most so many."""
    now = clock.now()
    asked = {"now": now, "most": most, "owner": new_id(), "until": lease_end(now)}
    rows = isolation.ask_everywhere(_CLAIM, asked, reason="runs that are due")
    return [Claimed(*row) for row in rows]


def is_any_due(*, now: datetime) -> bool:
    """Say whether a run waits that no worker holds."""
    return bool(isolation.ask_everywhere(_ANY, {"now": now}, reason="runs that are due"))


def next_due(*, now: datetime, within: float) -> datetime | None:
    """Say when the next run comes due that rests now, when it does within so many seconds."""
    asked = {"now": now, "until": now + timedelta(seconds=within)}
    [(found,)] = isolation.ask_everywhere(_SOON, asked, reason="runs that are due soon")
    moment: datetime | None = found
    return moment


def lease_end(now: datetime) -> datetime:
    """Say when a lease that is taken or prolonged now ends."""
    return now + timedelta(seconds=settings.LEASE_SECONDS)
