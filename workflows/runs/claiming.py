"""Claims due runs: interactive ones first, workspaces and their workflows in turns, each run once.

A claim moves `due_at` on to the end of its lease, so that what a lost worker held comes up again.
Of a workflow with a limit, no more runs than that are leased at once; runs that wait hold no place.
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

MOST_ROUSED = 500
"""Of runs whose rest is over, so many are queued again by one claim."""

# Limits are exact: while any workflow has one, one claim at a time is made, and each sees, in a
# statement of its own, what the one before has leased. The number is of no other lock.
_ALONE = """
SELECT pg_advisory_xact_lock(7302118) FROM (
    SELECT 1 FROM workflows_workflow WHERE most_at_once > 0 LIMIT 1
) AS limited
"""

_ROUSE = f"""
WITH over AS MATERIALIZED (
    SELECT ctid AS at FROM workflows_run WHERE status = 'waiting' AND due_at <= %(now)s
    ORDER BY due_at, id LIMIT {MOST_ROUSED} FOR UPDATE SKIP LOCKED
)
UPDATE workflows_run AS r SET status = 'queued', waits_for = '', waits_for_id = NULL
FROM over WHERE r.ctid = over.at
"""  # noqa: S608 - a number of ours

# Workflows with queued runs are found by hopping along the index, and of each the first few that
# are due and that its limit leaves room for. What is leased already counts as turns that were had.
# Materialized, since a subquery that is scanned again would lock more than its limit; joined by
# where the rows are, since with stale statistics joins by ID are planned as scans of a workspace.
_CLAIM = """
WITH RECURSIVE home AS (
    (SELECT workspace_id, workflow_id FROM workflows_run WHERE status IN ('queued', 'running')
     ORDER BY workspace_id, workflow_id LIMIT 1)
    UNION ALL
    SELECT after.workspace_id, after.workflow_id
    FROM home CROSS JOIN LATERAL (
        SELECT r.workspace_id, r.workflow_id FROM workflows_run AS r
        WHERE r.status IN ('queued', 'running')
          AND (r.workspace_id, r.workflow_id) > (home.workspace_id, home.workflow_id)
        ORDER BY r.workspace_id, r.workflow_id LIMIT 1
    ) AS after
), busy AS MATERIALIZED (
    SELECT workspace_id, workflow_id, count(*) AS runs FROM workflows_run
    WHERE lease_owner IS NOT NULL AND due_at > %(now)s GROUP BY workspace_id, workflow_id
), place AS MATERIALIZED (
    SELECT home.workspace_id, home.workflow_id, coalesce(busy.runs, 0) AS busy,
           CASE WHEN w.most_at_once = 0 THEN %(most)s
                ELSE least(%(most)s, greatest(0, w.most_at_once - coalesce(busy.runs, 0))) END
           AS room
    FROM home
    JOIN workflows_workflow AS w ON w.id = home.workflow_id
    LEFT JOIN busy ON busy.workflow_id = home.workflow_id
), due AS (
    SELECT found.at, found.id, found.due_at, place.workspace_id, place.room, place.busy,
           priority.of AS priority, row_number() OVER (
               PARTITION BY place.workflow_id ORDER BY priority.of, found.due_at, found.id) AS nth
    FROM place
    CROSS JOIN (VALUES (0), (1), (2)) AS priority (of)
    CROSS JOIN LATERAL (
        SELECT r.ctid AS at, r.id, r.due_at FROM workflows_run AS r
        WHERE r.workspace_id = place.workspace_id AND r.workflow_id = place.workflow_id
          AND r.status IN ('queued', 'running')
          AND r.priority = priority.of AND r.due_at <= %(now)s
        ORDER BY r.due_at, r.id LIMIT place.room
    ) AS found
), turned AS (
    SELECT due.at, due.priority, due.due_at,
           coalesce((SELECT sum(b.runs) FROM busy AS b WHERE b.workspace_id = due.workspace_id), 0)
           + row_number() OVER (PARTITION BY due.workspace_id
                                ORDER BY due.priority, due.busy + due.nth, due.due_at, due.id)
           AS turn
    FROM due WHERE due.nth <= due.room
), chosen AS MATERIALIZED (
    SELECT r.ctid AS at, r.workflow_id FROM workflows_run AS r JOIN turned ON r.ctid = turned.at
    WHERE r.status IN ('queued', 'running') AND r.due_at <= %(now)s
    ORDER BY turned.priority, turned.turn, turned.due_at, r.id
    LIMIT %(most)s FOR UPDATE OF r SKIP LOCKED
)
UPDATE workflows_run AS r
SET status = 'running',
    started_at = coalesce(r.started_at, %(now)s),
    losses = r.losses + (r.lease_owner IS NOT NULL)::int,
    lease_owner = %(owner)s, due_at = %(until)s
FROM chosen JOIN workflows_workflow AS w ON w.id = chosen.workflow_id
WHERE r.ctid = chosen.at
RETURNING r.workspace_id, r.id, r.workflow_id, w.name, r.version_id, r.trigger, r.data_sealed,
          r.lease_owner, r.created_at, r.worked_ms, r.losses,
          r.started_at = %(now)s AND r.rerun_of_id IS NULL AND r.only_node_id = '', r.only_node_id,
          r.parent_id, w.hold_hours
"""

_ANY = """
SELECT 1 WHERE EXISTS (
    SELECT 1 FROM workflows_run WHERE status = 'waiting' AND due_at <= %(now)s
) OR EXISTS (
    SELECT 1 FROM workflows_run WHERE status IN ('queued', 'running') AND due_at <= %(now)s
)
"""

_SOON = """
SELECT min(due_at) FROM workflows_run
WHERE status = 'waiting' AND due_at > %(now)s AND due_at <= %(until)s
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
    hold_hours: int


def claim(*, most: int) -> list[Claimed]:
    """Claim due runs of all workspaces, at most so many."""
    now = clock.now()
    asked = {"now": now, "most": most, "owner": new_id(), "until": lease_end(now)}
    rows = isolation.ask_everywhere(
        f"{_ALONE};{_ROUSE};{_CLAIM}", asked, reason="runs that are due"
    )
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
