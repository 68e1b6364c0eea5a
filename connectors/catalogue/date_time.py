"""Date & Time: read, move, compare and write moments, in any time zone."""

import re
from calendar import monthrange
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime
from typing import Annotated, Literal

from pydantic import Field

from connectors.catalogue import _date_time as moments
from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import Connector, Example, Icon, Monogram
from spojit.lib import clock

Moment = Annotated[
    str | int | float,
    Field(description="ISO 8601, the date of a mail (RFC 5322), or seconds since 1970."),
]
Zone = Annotated[str, Field(max_length=60, description="A time zone such as Europe/Berlin.")]
Unit = Literal["seconds", "minutes", "hours", "days", "weeks"]

Form = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description="With %Y year, %m month, %d day, %H hour, %M minute, %S second.",
    ),
]

MAX_DAYS = 4_000
MAX_MONTHS = 12_000
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}


def now(*, time_zone: Zone = "UTC") -> str:
    """Gives the current moment, in ISO 8601."""
    return clock.now().astimezone(moments.zone(time_zone)).isoformat(timespec="seconds")


def convert(
    *,
    moment: Moment,
    time_zone: Zone = "UTC",
    to: Literal["iso", "date", "time", "unix", "mail", "weekday"] = "iso",
) -> str | int:
    """Writes a moment in another time zone or form. One without a zone is taken as UTC."""
    local = moments.local(moment, time_zone)
    if to == "unix":
        return int(local.timestamp())
    forms = {
        "iso": local.isoformat(timespec="seconds"),
        "date": local.date().isoformat(),
        "time": local.time().isoformat(timespec="seconds"),
        "mail": format_datetime(local),
        "weekday": local.strftime("%A"),
    }
    return forms[to]


def add(
    *,
    moment: Moment,
    amount: Annotated[float, Field(ge=-1e9, le=1e9, description="Negative for earlier.")],
    unit: Unit,
    time_zone: Zone = "UTC",
) -> str:
    """Moves a moment. Days and weeks keep the time of day when the clocks change."""
    local = moments.local(moment, time_zone)
    try:
        if unit in {"days", "weeks"}:
            moved = local + timedelta(seconds=amount * _SECONDS[unit])
        else:
            later = local.astimezone(UTC) + timedelta(seconds=amount * _SECONDS[unit])
            moved = later.astimezone(moments.zone(time_zone))
    except OverflowError:
        raise moments.outside() from None
    return moved.isoformat(timespec="seconds")


def difference(*, start: Moment, end: Moment, unit: Unit = "seconds") -> float:
    """Gives the time from one moment to another; negative when the second is earlier."""
    return (moments.read(end) - moments.read(start)).total_seconds() / _SECONDS[unit]


def compare(*, first: Moment, second: Moment) -> Literal["before", "same", "after"]:
    """Says whether the first moment is before the second, the same, or after it."""
    left, right = moments.read(first), moments.read(second)
    if left == right:
        return "same"
    return "before" if left < right else "after"


def add_months(
    *,
    moment: Moment,
    months: Annotated[int, Field(ge=-MAX_MONTHS, le=MAX_MONTHS)],
    time_zone: Zone = "UTC",
) -> str:
    """Moves a moment by months; where there is no such day, to the last of the month."""
    local = moments.local(moment, time_zone)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise moments.outside()
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day).isoformat(timespec="seconds")


def start_of(*, moment: Moment, period: moments.Period, time_zone: Zone = "UTC") -> str:
    """Gives the first moment of the day, week (from Monday), month, quarter or year."""
    zone = moments.zone(time_zone)
    first = moments.first_day(moments.local(moment, time_zone).date(), period)
    return datetime.combine(first, time(), zone).isoformat(timespec="seconds")


def end_of(*, moment: Moment, period: moments.Period, time_zone: Zone = "UTC") -> str:
    """Gives the last second of the day, week (to Sunday), month, quarter or year."""
    zone = moments.zone(time_zone)
    first = moments.first_day(moments.local(moment, time_zone).date(), period)
    last = moments.last_day(first, period)
    return datetime.combine(last, time(23, 59, 59), zone).isoformat(timespec="seconds")


def parts(*, moment: Moment, time_zone: Zone = "UTC") -> moments.Parts:
    """Takes a moment apart: year, month, day, hour, weekday, week and so on."""
    local = moments.local(moment, time_zone)
    return moments.Parts(
        year=local.year,
        month=local.month,
        day=local.day,
        hour=local.hour,
        minute=local.minute,
        second=local.second,
        weekday=local.strftime("%A"),
        week=local.isocalendar().week,
        day_of_year=local.timetuple().tm_yday,
        is_weekend=local.weekday() >= moments.SATURDAY,
    )


def read(
    *, text: Annotated[str, Field(max_length=200)], form: Form, time_zone: Zone = "UTC"
) -> str:
    """Reads a moment that is written in a form of its own, such as %d.%m.%Y."""
    try:
        found = datetime.strptime(text.strip(), form)  # noqa: DTZ007 - it gets its zone below
    except (ValueError, OverflowError, re.error):  # a part of the form that is there twice
        raise InvalidArguments("The text is not written in this form.") from None
    placed = found if found.tzinfo else found.replace(tzinfo=moments.zone(time_zone))
    return placed.isoformat(timespec="seconds")


def write(*, moment: Moment, form: Form, time_zone: Zone = "UTC") -> str:
    """Writes a moment in a form of its own, such as %d.%m.%Y %H:%M."""
    local = moments.local(moment, time_zone)
    try:
        return local.strftime(form)
    except ValueError:
        raise InvalidArguments("That is not a form for moments.") from None


def list_days(
    *, start: Moment, end: Moment, working_days_only: bool = False, time_zone: Zone = "UTC"
) -> list[str]:
    """Lists the days from one moment to another, both included; at most 4,000."""
    first, last = (moments.local(moment, time_zone).date() for moment in (start, end))
    if (last - first).days >= MAX_DAYS:
        raise InvalidArguments("There are too many days between the two.")
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [
        day.isoformat() for day in days if day.weekday() < moments.SATURDAY or not working_days_only
    ]


_NEW_YEAR = "2026-01-01T12:00:00+00:00"

connector = Connector(
    key="date_time",
    name="Date & Time",
    category="Utilities",
    summary="Read, move, compare and write moments.",
    icon=Icon(monogram=Monogram(text="31", color="#2e6f57")),
    needs_connection="none",
    tools=[
        tool(now, title="Now", example=Example(arguments={"time_zone": "Europe/Berlin"})),
        tool(
            convert,
            title="Convert",
            example=Example(
                arguments={"moment": _NEW_YEAR, "time_zone": "Europe/Berlin"},
                answer="2026-01-01T13:00:00+01:00",
            ),
        ),
        tool(
            add,
            title="Add",
            example=Example(
                arguments={"moment": _NEW_YEAR, "amount": 2, "unit": "days"},
                answer="2026-01-03T12:00:00+00:00",
            ),
        ),
        tool(
            difference,
            title="Difference",
            example=Example(
                arguments={"start": _NEW_YEAR, "end": "2026-01-02T12:00:00Z", "unit": "hours"},
                answer=24.0,
            ),
        ),
        tool(
            compare,
            title="Compare",
            example=Example(
                arguments={"first": _NEW_YEAR, "second": "2026-01-02"}, answer="before"
            ),
        ),
        tool(
            add_months,
            title="Add months",
            example=Example(
                arguments={"moment": "2026-01-31", "months": 1}, answer="2026-02-28T00:00:00+00:00"
            ),
        ),
        tool(
            start_of,
            title="Start of",
            example=Example(
                arguments={"moment": _NEW_YEAR, "period": "week"},
                answer="2025-12-29T00:00:00+00:00",
            ),
        ),
        tool(
            end_of,
            title="End of",
            example=Example(
                arguments={"moment": _NEW_YEAR, "period": "quarter"},
                answer="2026-03-31T23:59:59+00:00",
            ),
        ),
        tool(
            parts,
            title="Take apart",
            example=Example(
                arguments={"moment": _NEW_YEAR},
                answer={
                    "year": 2026,
                    "month": 1,
                    "day": 1,
                    "hour": 12,
                    "minute": 0,
                    "second": 0,
                    "weekday": "Thursday",
                    "week": 1,
                    "day_of_year": 1,
                    "is_weekend": False,
                },
            ),
        ),
        tool(
            read,
            title="Read",
            example=Example(
                arguments={"text": "31.01.2026", "form": "%d.%m.%Y", "time_zone": "Europe/Berlin"},
                answer="2026-01-31T00:00:00+01:00",
            ),
        ),
        tool(
            write,
            title="Write",
            example=Example(
                arguments={"moment": _NEW_YEAR, "form": "%d.%m.%Y %H:%M"},
                answer="01.01.2026 12:00",
            ),
        ),
        tool(
            list_days,
            title="List days",
            example=Example(
                arguments={"start": "2026-01-02", "end": "2026-01-05", "working_days_only": True},
                answer=["2026-01-02", "2026-01-05"],
            ),
        ),
    ],
)
