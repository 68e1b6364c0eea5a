"""When the clock starts workflows: one row each, derived from the live version's trigger.

Moments are those of cron in a time zone, as Debian's cron takes daylight saving (`cronsim`): what
names its hour runs once a day, at the first minute after a gap that swallows its own, and once in
an hour that comes twice; what runs every so often goes on by real time through both.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cronsim import CronSim

from spojit.lib import clock
from spojit.lib.ids import new_id
from workflows import listening
from workflows.definition import settings as kinds
from workflows.models import Schedule

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection

    from workflows.models import Workflow


def next_after(moment: datetime, *, cron: str, time_zone: str) -> datetime | None:
    """Find the next moment after this one, in UTC; none when there is none within fifty years.

    An hour that comes twice is counted at its first time, so what the iterator gives in its second
    may lie behind, and is passed over.
    """
    for found in CronSim(cron, moment.astimezone(ZoneInfo(time_zone))):
        in_utc = found.astimezone(UTC)
        if in_utc > moment:
            return in_utc
    return None


def derive(workflow: Workflow) -> None:
    """Make the row say what the live version's trigger does; in the scope, under the row's lock.

    A moment that has come and was not looked at yet stays when cron and zone did.
    """
    start = listening.live_start(workflow)
    if not isinstance(start, kinds.Scheduled):
        Schedule.objects.filter(workflow=workflow).delete()
        return
    before = Schedule.objects.select_for_update().filter(workflow=workflow).first()
    row = before or Schedule(id=new_id(), workspace_id=workflow.workspace_id, workflow=workflow)
    is_same = (row.cron, row.time_zone) == (start.cron, start.time_zone)
    row.cron, row.time_zone, row.catches_up = start.cron, start.time_zone, start.catches_up
    if not workflow.is_enabled:
        row.next_at = None
    elif row.next_at is None or not is_same:
        row.next_at = upcoming(row, now=clock.now())
    row.save(force_insert=before is None)


def upcoming(schedule: Schedule, *, now: datetime) -> datetime | None:
    """Find the first moment that is still to come, and that nobody has dealt with."""
    since = max(now, schedule.last_at or now)
    return next_after(since, cron=schedule.cron, time_zone=schedule.time_zone)


def stop(workflow: Workflow) -> None:
    """Let no moment come any more, in the scope: the workflow is disabled, or deleted."""
    Schedule.objects.filter(workflow=workflow).update(next_at=None)


def next_run_at(workflow_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """Say when the clock starts these workflows next, those that it does; in the scope."""
    rows = Schedule.objects.filter(workflow_id__in=workflow_ids, next_at__isnull=False)
    return dict(rows.values_list("workflow_id", "next_at"))
