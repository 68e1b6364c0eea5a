"""What is no longer kept of runs: all of them, so many days after their end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Exists, OuterRef

from workflows.models import Run, Step, Version
from workspaces import isolation

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection
    from datetime import datetime

BATCH = 500


def past(now: datetime) -> int:
    """Forget, in all workspaces, the runs past their time, and their steps; return how many."""
    before, total, found = now - timedelta(days=settings.RUN_DAYS), 0, BATCH
    while found == BATCH:
        with isolation.everything(reason="purge of runs"):
            rows = Run.objects.filter(finished_at__lt=before).order_by("finished_at")
            pairs = list(rows.values_list("pk", "version_id")[:BATCH])
            ids = [run_id for run_id, _ in pairs]
            Step.objects.filter(run_id__in=ids).delete()
            Run.objects.filter(pk__in=ids).delete()
            _forget_drafts({version_id for _, version_id in pairs})
        found = len(ids)
        total += found
    return total


def _forget_drafts(version_ids: Collection[uuid.UUID]) -> None:
    """Forget the drafts that were stored for trials of which none is left."""
    used = Run.objects.filter(version=OuterRef("pk"))
    rows = Version.objects.filter(~Exists(used), pk__in=version_ids, number=None)
    rows.delete()
