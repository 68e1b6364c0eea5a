"""One run's steps for its page: level by level, rounds of loops counted and told in pages.

A run may have 20,000 steps: what is folded is counted by the database and never loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workflows.models import Run, Step
from workspaces import isolation

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection
    from datetime import datetime

ROUNDS_ON_A_PAGE = 25

_LEVEL = """
SELECT p.prefix, s.id, s.place, s.node_id, s.node_name, s.kind, s.status, s.started_at,
       s.finished_at, s.duration_ms, s.attempts, s.outcome, s.is_copied, s.connection_id
FROM unnest(%(prefixes)s::text[]) AS p (prefix)
JOIN workflows_step AS s ON starts_with(s.place, p.prefix)
WHERE s.run_id = %(run)s AND position('].' IN substr(s.place, length(p.prefix) + 1)) = 0
ORDER BY s.started_at, s.id
"""
_COUNTS = """
SELECT found.loop, count(*), count(*) FILTER (WHERE found.failed) FROM (
    SELECT l.loop, split_part(substr(s.place, length(l.loop) + 2), ']', 1) AS round,
           bool_or(s.status = 'failed') AS failed
    FROM unnest(%(loops)s::text[]) AS l (loop)
    JOIN workflows_step AS s ON starts_with(s.place, l.loop || '[')
    WHERE s.run_id = %(run)s GROUP BY 1, 2
) AS found GROUP BY 1
"""
_ROUNDS = """
SELECT found.* FROM (
    SELECT split_part(substr(s.place, length(%(loop)s) + 2), ']', 1)::int AS round,
           min(s.started_at), max(coalesce(s.finished_at, s.started_at)),
           bool_or(s.status = 'failed') AS failed,
           bool_or(s.status = 'running') AS running, bool_or(s.status = 'waiting') AS waiting,
           bool_and(s.is_copied)
    FROM workflows_step AS s
    WHERE s.run_id = %(run)s AND starts_with(s.place, %(loop)s || '[') GROUP BY 1
) AS found
WHERE NOT %(only_failed)s OR found.failed
ORDER BY found.round OFFSET %(skip)s LIMIT %(most)s
"""


class Line(NamedTuple):
    """A step as a line of the tree: nothing of what it was given or gave."""

    prefix: str
    id: uuid.UUID
    place: str
    node_id: str
    node_name: str
    kind: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    duration_ms: int
    attempts: int
    outcome: str
    is_copied: bool
    connection_id: uuid.UUID | None


class Count(NamedTuple):
    """How many rounds of a loop have begun, and how many have a failed step."""

    rounds: int = 0
    failed: int = 0


class Round(NamedTuple):
    """One round of a loop, from its first step to its last."""

    number: int
    started_at: datetime
    finished_at: datetime
    has_failed: bool
    is_running: bool
    is_waiting: bool
    is_copied: bool

    @property
    def status(self) -> str:
        """Say how its steps stand, the worst one first."""
        if self.has_failed:
            return "failed"
        return "running" if self.is_running else "waiting" if self.is_waiting else "completed"


def level(run: Run, prefixes: Collection[str]) -> dict[str, list[Line]]:
    """List the steps that stand directly in the run (the prefix is empty) or in these rounds."""
    found: dict[str, list[Line]] = {prefix: [] for prefix in prefixes}
    asked = {"run": run.pk, "prefixes": list(prefixes)}
    for row in isolation.ask(run.workspace_id, _LEVEL, asked) if prefixes else []:
        line = Line(*row)
        found[line.prefix].append(line)
    return found


def counts(run: Run, loops: Collection[str]) -> dict[str, Count]:
    """Count the rounds of loops, by their places."""
    if not loops:
        return {}
    rows = isolation.ask(run.workspace_id, _COUNTS, {"run": run.pk, "loops": list(loops)})
    return {loop: Count(rounds, failed) for loop, rounds, failed in rows}


def rounds(run: Run, loop: str, *, page: int, only_failed: bool = False) -> list[Round]:
    """List a page (from 1 on) of a loop's rounds, in order."""
    asked = {
        "run": run.pk,
        "loop": loop,
        "only_failed": only_failed,
        "skip": (page - 1) * ROUNDS_ON_A_PAGE,
        "most": ROUNDS_ON_A_PAGE,
    }
    return [Round(*row) for row in isolation.ask(run.workspace_id, _ROUNDS, asked)]


def find(run: Run, place: str) -> Step | None:
    """Find one step with what was shown of it; never with its state."""
    with isolation.workspace(run.workspace_id):
        rows = Step.objects.filter(run_id=run.pk, place=place).defer("state_sealed")
        found: Step | None = rows.first()
    return found


def telling(run: Run) -> Step | None:
    """Find the step to look at first: the one that failed, that it waits for, or the last one."""
    with isolation.workspace(run.workspace_id):
        rows = Step.objects.filter(run_id=run.pk).defer("state_sealed")
        if run.error_node_id:
            failed = rows.filter(node_id=run.error_node_id, status="failed")
            found: Step | None = failed.order_by("-finished_at", "-id").first()
            if found is not None:
                return found
        waiting = rows.filter(status="waiting").order_by("started_at", "id").first()
        last: Step | None = waiting or rows.order_by("-started_at", "-id").first()
    return last


def begin_of(run: Run, prefix: str) -> Step | None:
    """Find the step to look at first in a round: one that failed, or the first one."""
    lines = level(run, [prefix])[prefix]
    worst = next((line for line in lines if line.status == "failed"), lines[0] if lines else None)
    return find(run, worst.place) if worst else None
