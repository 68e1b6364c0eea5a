"""Starts what the clock starts: each moment once, however many schedulers and workers look.

A moment may be a few minutes late; an older one was missed, and is made good by one run for all
that was missed, or skipped and told. The run, and the moment after it, are one transaction.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog
from django.db import IntegrityError
from django.db.models import Q

from spojit.lib.ids import LEAST
from workflows import failures, schedules
from workflows.models import Schedule, TriggerKind
from workflows.runs import start
from workspaces import isolation, notices

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator

log = structlog.get_logger(__name__)

GRACE = timedelta(minutes=5)
"""How late a moment may be: a restart takes less."""

MOMENT = timedelta(microseconds=1)

SET_BACK = timedelta(hours=3)
"""A clock set back further than this was wrong before; by less, what it passes twice has run."""

BATCH = 100

_DUE = """
SELECT workspace_id, id, next_at FROM workflows_schedule
WHERE next_at IS NOT NULL AND (next_at <= %(now)s OR last_at > %(ahead)s)
  AND (next_at, id) > (%(after)s, %(after_id)s)
ORDER BY next_at, id LIMIT %(most)s
"""
_SOON = """
SELECT min(next_at) FROM workflows_schedule WHERE next_at > %(now)s AND next_at <= %(until)s
"""


def start_due(*, now: datetime) -> Counter[str]:
    """Start every workflow of every workspace whose moment has come; each row is looked at once.

    Returns:
        How many runs were `started`, how many outages were `missed`, and `fault`s of our own: such
        a row keeps no other one waiting, and comes up again.
    """
    found: Counter[str] = Counter()
    for workspace_id, schedule_id in _due(now):
        try:
            with isolation.workspace(workspace_id):
                found.update(_dealt_with(schedule_id, now=now))
        except Exception:
            log.exception("A schedule could not be looked at", schedule_id=str(schedule_id))
            found["fault"] += 1
    return found


def next_due(*, now: datetime, within: float) -> datetime | None:
    """Say when the next moment comes, when it does within so many seconds."""
    asked = {"now": now, "until": now + timedelta(seconds=within)}
    [(found,)] = isolation.ask_everywhere(_SOON, asked, reason="schedules that are due soon")
    moment: datetime | None = found
    return moment


def _due(now: datetime) -> Iterator[tuple[uuid.UUID, uuid.UUID]]:
    """Page through what is due, so that rows at fault hide none behind them."""
    after, after_id = datetime.min.replace(tzinfo=now.tzinfo), LEAST
    while True:
        asked = {"now": now, "ahead": now + SET_BACK, "most": BATCH}
        asked |= {"after": after, "after_id": after_id}
        rows = isolation.ask_everywhere(_DUE, asked, reason="schedules that are due")
        for workspace_id, schedule_id, _ in rows:
            yield workspace_id, schedule_id
        if len(rows) < BATCH:
            return
        _, after_id, after = rows[-1]


def _dealt_with(schedule_id: uuid.UUID, *, now: datetime) -> Counter[str]:
    """Start what one schedule has due, and move it on; nothing when somebody else is at it."""
    schedule = _locked(schedule_id, now)
    if schedule is None:
        return Counter()
    if schedule.next_at > now:
        schedule.last_at = None
        found, moment = Counter({"set_back": 1}), schedules.upcoming(schedule, now=now)
    else:
        found, moment = _caught_up(schedule, now=now)
        while moment is not None and moment <= now:
            found["started"] += _started(schedule, moment)
            moment = _after(schedule, moment)
    schedule.next_at = moment
    schedule.save(update_fields=["next_at", "last_at"])
    return found


def _locked(schedule_id: uuid.UUID, now: datetime) -> Any:
    """Lock a schedule that is due still, and its workflow, lest it is disabled meanwhile.

    Nothing is waited for, so no order of locks matters: what is being saved now is found next time.
    """
    rows = Schedule.objects.select_for_update(
        skip_locked=True, no_key=True, of=("self", "workflow")
    ).select_related("workflow", "workflow__workspace")
    is_due = Q(next_at__lte=now) | Q(last_at__gt=now + SET_BACK)
    return rows.filter(is_due, pk=schedule_id, workflow__is_enabled=True).first()


def _caught_up(schedule: Schedule, *, now: datetime) -> tuple[Counter[str], datetime | None]:
    """Deal with what was missed; return the first moment that was not."""
    first, last_missed = schedule.next_at, now - GRACE - MOMENT
    assert first is not None
    if first > last_missed:
        return Counter(), first
    if schedule.catches_up:
        started = _started(schedule, first, is_late=True)
        schedule.last_at = now
        return Counter(started=started), _after(schedule, now)
    schedule.last_at = last_missed
    moment = _after(schedule, last_missed)
    log.warning("A schedule was missed", workflow_id=str(schedule.workflow_id))
    _tell(schedule, first, next_at=moment)
    return Counter(missed=1), moment


def _started(schedule: Schedule, moment: datetime, *, is_late: bool = False) -> int:
    """Start the run of one moment, and return 1; 0 when it was started before."""
    data = _data(schedule, moment, is_late=is_late)
    schedule.last_at = moment
    try:
        start(schedule.workflow, trigger=TriggerKind.SCHEDULE, data=data, scheduled_at=moment)
    except IntegrityError as error:
        if "run_once_a_moment" not in str(error):
            raise
        log.warning("A moment had its run before", workflow_id=str(schedule.workflow_id))
    else:
        return 1
    return 0


def _data(schedule: Schedule, moment: datetime, *, is_late: bool) -> dict[str, Any]:
    """Give what expressions find under `trigger`."""
    zone, before = ZoneInfo(schedule.time_zone), schedule.last_at
    return {
        "scheduled_at": moment.astimezone(zone).isoformat(),
        "previous_at": before.astimezone(zone).isoformat() if before else None,
        "time_zone": schedule.time_zone,
        "is_late": is_late,
    }


def _after(schedule: Schedule, moment: datetime) -> datetime | None:
    return schedules.next_after(moment, cron=schedule.cron, time_zone=schedule.time_zone)


def _tell(schedule: Schedule, first: datetime, *, next_at: datetime | None) -> None:
    """Tell the workflow's people, once for all that was missed together."""
    workflow, workspace = schedule.workflow, schedule.workflow.workspace
    skipped = f"It was to start at {_said(schedule, first)}, but Spojit was not running then."
    going_on = f" It starts next at {_said(schedule, next_at)}." if next_at else ""
    notices.tell(
        workspace,
        users=failures.caretakers(workflow),
        key=f"schedule_missed:{workflow.pk}:{first.isoformat()}",
        subject_id=workflow.pk,
        title=f"{workflow.name} was not started on time",
        text=f"{skipped} What was missed is skipped.{going_on}",
        path=f"{workspace.get_absolute_url()}workflows/{workflow.pk}/",
    )


def _said(schedule: Schedule, moment: datetime) -> str:
    local = moment.astimezone(ZoneInfo(schedule.time_zone))
    return f"{local:%H:%M} on {local.day} {local:%B %Y} ({schedule.time_zone})"
