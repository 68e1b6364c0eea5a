"""Schedules: every moment starts one run, through daylight saving, outages and wrong clocks."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connections as databases
from hypothesis import HealthCheck, given, settings, strategies as st

from connections import usage
from spojit.lib import clock
from tests import factories
from tests.workflows import running
from tests.workflows.graphs import definition, node
from workflows import lifecycle, schedules, versions
from workflows.models import Run, Schedule
from workflows.triggers import schedule
from workspaces import isolation
from workspaces.models import Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from connections.models import Connection
    from tests.factories import Cast
    from workflows.models import Workflow

    SetClock = Callable[[datetime], None]

VIENNA = "Europe/Vienna"


SKIPPED = (
    "It was to start at 14:10 on 1 June 2026 (Europe/Vienna), but Spojit was not running then."
    " What was missed is skipped. It starts next at 16:00 on 2 June 2026 (Europe/Vienna)."
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOW = at("2026-06-01T12:00:00")


def trigger(cron: str = "*/10 * * * *", zone: str = "UTC", **more: Any) -> dict[str, Any]:
    start = {"type": "schedule", "cron": cron, "time_zone": zone, **more}
    return node("start", "trigger", start=start)


def scheduled(cast: Cast, *asked: Any, name: str = "Flow", **more: Any) -> Workflow:
    """Make an enabled workflow that the clock starts."""
    return running.enabled(cast, [trigger(*asked, **more)], name=name)


def row(workflow: Workflow) -> Schedule:
    with isolation.workspace(workflow.workspace_id):
        found: Schedule = Schedule.objects.get(workflow=workflow)
        return found


def moments(workflow: Workflow) -> list[datetime | None]:
    """List the moments of its runs."""
    with isolation.workspace(workflow.workspace_id):
        rows = Run.objects.filter(workflow=workflow).order_by("scheduled_at")
        return list(rows.values_list("scheduled_at", flat=True))


def between(begin: datetime, end: datetime, cron: str, zone: str) -> list[datetime]:
    found, moment = [], schedules.next_after(begin, cron=cron, time_zone=zone)
    while moment is not None and moment <= end:
        found.append(moment)
        moment = schedules.next_after(moment, cron=cron, time_zone=zone)
    return found


@pytest.mark.parametrize(
    ("cron", "day", "expected"),
    [
        ("30 2 * * *", "2026-03-29", ["03:00+02:00"]),  # 02:00 to 03:00 is left out
        ("0,30 2 * * *", "2026-03-29", ["03:00+02:00"]),
        ("30 1,2,3 * * *", "2026-03-29", ["01:30+01:00", "03:00+02:00", "03:30+02:00"]),
        ("30 2 * * *", "2026-10-25", ["02:30+02:00"]),  # 02:00 to 03:00 comes twice
    ],
)
def test_what_names_its_hour_runs_once_on_days_when_clocks_change(
    cron: str, day: str, expected: list[str]
) -> None:
    begin = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(VIENNA))
    found = between(begin, begin + timedelta(days=1) - timedelta(minutes=1), cron, VIENNA)
    local = [moment.astimezone(ZoneInfo(VIENNA)).isoformat() for moment in found]
    assert [text[11:16] + text[19:] for text in local] == expected


def test_what_runs_every_so_often_goes_on_by_real_time_when_clocks_change() -> None:
    for begin in (at("2026-03-28T23:00:00"), at("2026-10-24T22:00:00")):
        found = between(begin, begin + timedelta(hours=6), "*/15 * * * *", VIENNA)
        assert found == [begin + timedelta(minutes=15 * n) for n in range(1, 25)]


def test_a_moment_of_the_first_time_of_an_hour_does_not_come_again_in_the_second() -> None:
    second = at("2026-10-25T01:10:00")  # 02:10 in Vienna, for the second time
    found = schedules.next_after(second, cron="30 2 * * *", time_zone=VIENNA)
    assert found == at("2026-10-26T01:30:00")


CRONS = st.builds(
    "{} {} {} * {}".format,
    st.sampled_from(["0", "30", "*/7", "5,50", "*"]),
    st.sampled_from(["*", "2", "1-3", "*/5", "0,2,3"]),
    st.sampled_from(["*", "*", "29", "25-31"]),
    st.sampled_from(["*", "*", "0", "1-5"]),
)


@given(
    cron=CRONS,
    zone=st.sampled_from([VIENNA, "America/New_York", "Australia/Lord_Howe", "UTC"]),
    begin=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),  # noqa: DTZ001 - made UTC
    gaps=st.lists(st.integers(1, 400), min_size=1, max_size=6),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_moments_rise_and_looking_in_pieces_finds_the_same_ones(
    cron: str, zone: str, begin: datetime, gaps: list[int]
) -> None:
    begin = begin.replace(tzinfo=UTC, microsecond=0)
    ends = [begin + timedelta(minutes=sum(gaps[: n + 1])) for n in range(len(gaps))]
    whole = between(begin, ends[-1], cron, zone)
    pieces = [
        one
        for a, b in zip([begin, *ends[:-1]], ends, strict=True)
        for one in between(a, b, cron, zone)
    ]
    assert pieces == whole == sorted(set(whole))


@pytest.mark.django_db
def test_every_moment_starts_one_run_however_late_the_looks_are(
    cast: Cast, set_clock: SetClock
) -> None:
    set_clock(NOW)
    workflow, now = scheduled(cast, "*/2 * * * *"), NOW
    for seconds in (10, 109, 1, 0, 130, 299, 1, 60, 240, 5):  # never later than the grace
        now += timedelta(seconds=seconds)
        schedule.start_due(now=now)
    assert moments(workflow) == between(NOW, now, "*/2 * * * *", "UTC")
    assert row(workflow).next_at == schedules.next_after(now, cron="*/2 * * * *", time_zone="UTC")


@pytest.mark.django_db
def test_a_run_of_the_clock_stands_behind_people_and_knows_its_moment(
    cast: Cast, set_clock: SetClock
) -> None:
    set_clock(NOW)
    values = {"at": "{{ trigger.scheduled_at }}", "before": "{{ trigger.previous_at }}"}
    flow = [trigger("0 15 * * *", VIENNA), node("say", values=values)]
    workflow = running.enabled(cast, flow, "start > say")
    due = at("2026-06-01T13:00:00")
    assert row(workflow).next_at == due

    assert schedule.next_due(now=due - timedelta(seconds=5), within=10) == due
    assert schedule.start_due(now=due - timedelta(seconds=1)) == Counter()
    assert schedule.start_due(now=due) == Counter(started=1)

    with isolation.workspace(cast.workspace):
        [run] = Run.objects.all()
    assert (run.trigger, run.priority, run.scheduled_at) == ("schedule", 2, due)
    set_clock(due)
    assert running.work() == ["completed"]
    assert running.output(run, "say") == {"at": "2026-06-01T15:00:00+02:00", "before": None}


@pytest.mark.django_db
@pytest.mark.parametrize("cron", ["* * * * * *", "61 * * * *", "0 0 31 2 *", ""])
def test_seconds_and_moments_that_never_come_are_refused(cast: Cast, cron: str) -> None:
    made = lifecycle.create(
        cast.workspace, name="Flow", actor=cast.bob, definition=definition([trigger(cron)])
    )
    assert made.latest is not None
    assert [problem["field"] for problem in made.latest.problems] == ["start.cron"]
    with isolation.workspace(cast.workspace):
        assert not Schedule.objects.exists()


@pytest.mark.django_db
def test_the_row_follows_the_live_version_and_the_switch(cast: Cast, set_clock: SetClock) -> None:
    set_clock(NOW)
    workflow = scheduled(cast)
    with isolation.workspace(cast.workspace):
        assert schedules.next_run_at([workflow.pk]) == {workflow.pk: NOW + timedelta(minutes=10)}
    set_clock(NOW + timedelta(minutes=11))  # a moment has come, and nobody looked yet
    loose = definition([trigger("5 * * * *"), node("loose")])
    versions.save(workflow, definition=loose, actor=cast.bob)
    again = definition([trigger(catches_up=True)])
    versions.save(workflow, definition=again, actor=cast.bob)
    assert row(workflow).next_at == NOW + timedelta(minutes=10)
    assert row(workflow).catches_up

    versions.save(workflow, definition=definition([trigger("5 * * * *")]), actor=cast.bob)
    assert row(workflow).next_at == at("2026-06-01T13:05:00")
    lifecycle.disable(workflow, actor=cast.bob)
    with isolation.workspace(cast.workspace):
        assert schedules.next_run_at([workflow.pk]) == {}
    set_clock(NOW + timedelta(hours=2))
    lifecycle.enable(workflow, actor=cast.bob)
    assert row(workflow).next_at == at("2026-06-01T14:05:00")
    lifecycle.remove(workflow, actor=cast.bob)
    assert schedule.start_due(now=NOW + timedelta(days=1)) == Counter()
    assert moments(workflow) == []

    other = scheduled(cast, name="Other")
    versions.save(other, definition=definition([running.START]), actor=cast.bob)
    with isolation.workspace(cast.workspace):
        assert not Schedule.objects.filter(workflow=other).exists()


@pytest.mark.django_db
def test_an_outage_is_made_good_by_one_run_or_skipped_and_told_once(
    cast: Cast, set_clock: SetClock
) -> None:
    set_clock(NOW)
    catching, skipping = (
        scheduled(cast, "*/10 * * * *", VIENNA, name=name, catches_up=name == "Catches")
        for name in ("Catches", "Skips")
    )
    back = NOW + timedelta(hours=26, seconds=5)
    assert schedule.start_due(now=back) == Counter(started=2, missed=1)
    assert moments(catching) == [NOW + timedelta(minutes=10)]
    assert moments(skipping) == [NOW + timedelta(hours=26)]  # five seconds late is not missed
    assert schedule.start_due(now=back + timedelta(minutes=10)) == Counter(started=2)

    with isolation.workspace(cast.workspace):
        told = list(Notice.objects.order_by("user__name"))
    assert [one.user for one in told] == [cast.adam, cast.alice, cast.bob]
    assert {(one.title, one.text) for one in told} == {
        (
            "Skips was not started on time",
            SKIPPED,
        )
    }


@pytest.mark.django_db
def test_a_clock_that_was_wrong_starts_nothing_twice_and_stops_nothing(
    cast: Cast, set_clock: SetClock
) -> None:
    set_clock(NOW)
    workflow = scheduled(cast, "0 * * * *")
    later = at("2026-06-01T14:00:00")
    schedule.start_due(now=at("2026-06-01T13:00:00"))
    schedule.start_due(now=later)
    for minutes in range(-70, 0, 10):  # set back by a little: these moments had their runs
        schedule.start_due(now=later + timedelta(minutes=minutes))
    assert len(moments(workflow)) == 2

    next_year = later + timedelta(days=365)
    schedule.start_due(now=next_year)
    assert schedule.start_due(now=later + timedelta(minutes=5)) == Counter(set_back=1)
    assert row(workflow).next_at == later + timedelta(hours=1)
    assert schedule.start_due(now=later + timedelta(hours=1)) == Counter(started=1)
    with isolation.workspace(cast.workspace):
        Schedule.objects.update(next_at=next_year)
    assert schedule.start_due(now=next_year) == Counter(started=0)  # the second wall
    assert row(workflow).next_at == next_year + timedelta(hours=1)


@pytest.mark.django_db
def test_a_fault_in_one_schedule_stops_no_other(
    cast: Cast, set_clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.triggers.schedule.BATCH", 1)
    set_clock(NOW)
    broken, whole = (scheduled(cast, "0 13 * * *", name=name) for name in ("Broken", "Whole"))
    with isolation.workspace(cast.workspace):
        Schedule.objects.filter(workflow=broken).update(
            time_zone="Atlantis/Capital", next_at=at("2026-06-01T12:59:59")
        )
    due = at("2026-06-01T13:00:00")
    assert schedule.start_due(now=due) == Counter(started=1, fault=1)
    assert (moments(broken), moments(whole)) == ([], [due])
    assert row(broken).next_at == at("2026-06-01T12:59:59")


@pytest.mark.django_db
def test_a_connection_says_when_the_clock_uses_it_next(
    cast: Cast, connection: Connection, set_clock: SetClock
) -> None:
    set_clock(NOW)
    steps = [trigger("0 13 * * *"), running.get("fetch", connection)]
    running.enabled(cast, steps, "start > fetch")
    with isolation.workspace(cast.workspace):
        [use] = usage.references(connection)
    assert use.next_run_at == at("2026-06-01T13:00:00")


@pytest.mark.django_db(transaction=True)
def test_many_schedulers_start_each_moment_once() -> None:
    cast = factories.make_cast()
    flows = [scheduled(cast, "* * * * *", name=f"Flow {number}") for number in range(8)]
    now = clock.now().replace(second=0, microsecond=0) + timedelta(minutes=3)
    barrier, found = threading.Barrier(6), Counter[str]()

    def look() -> None:
        barrier.wait(timeout=30)
        try:
            for _ in range(3):
                found.update(schedule.start_due(now=now))
        finally:
            databases.close_all()

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    schedule.start_due(now=now)
    started = [moments(flow) for flow in flows]
    assert found["fault"] == 0
    assert all(len(one) == len(set(one)) >= 3 for one in started)
    assert len({tuple(one) for one in started}) == 1
