"""How many runs have not ended, for whoever watches the installation."""

from __future__ import annotations

from django.core.cache import cache

from workflows.models import RunStatus
from workspaces import isolation

KEPT_SECONDS = 15
_KEY = "runs:unfinished"

# Each part along an index that has only such runs.
_COUNT = """
SELECT status, count(*) FROM workflows_run WHERE status IN ('queued', 'running') GROUP BY status
UNION ALL
SELECT 'waiting', count(*) FROM workflows_run WHERE status = 'waiting'
"""


def unfinished() -> dict[str, int]:
    """Count the runs of all workspaces by status, at most once in a quarter of a minute."""
    known: dict[str, int] | None = cache.get(_KEY)
    if known is None:
        rows = isolation.ask_everywhere(_COUNT, {}, reason="how many runs have not ended")
        none = dict.fromkeys((RunStatus.QUEUED.value, RunStatus.RUNNING.value, "waiting"), 0)
        known = none | {str(status): int(count) for status, count in rows}
        cache.set(_KEY, known, timeout=KEPT_SECONDS)
    return known
