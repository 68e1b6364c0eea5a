"""What is no longer kept of runs: all of them, so many days after their end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from workflows.models import Run, Step
from workspaces import isolation

if TYPE_CHECKING:
    from datetime import datetime

BATCH = 500


def past(now: datetime) -> int:
    """Forget, in all workspaces, the runs past their time, and their steps; return how many."""
    before, total, found = now - timedelta(days=settings.RUN_DAYS), 0, BATCH
    while found == BATCH:
        with isolation.everything(reason="purge of runs"):
            rows = Run.objects.filter(finished_at__lt=before).order_by("finished_at")
            ids = list(rows.values_list("pk", flat=True)[:BATCH])
            Step.objects.filter(run_id__in=ids).delete()
            Run.objects.filter(pk__in=ids).delete()
        found = len(ids)
        total += found
    return total
