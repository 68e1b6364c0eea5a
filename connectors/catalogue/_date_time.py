"""Reads moments and zones, and finds where days, weeks, months, quarters and years begin."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from connectors.encoding import InvalidArguments

SATURDAY = 5

Period = Literal["day", "week", "month", "quarter", "year"]


class Parts(TypedDict):
    """The parts of a moment in its time zone; the week is that of ISO 8601."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    weekday: str
    week: int
    day_of_year: int
    is_weekend: bool


def local(moment: str | float, time_zone: str) -> datetime:
    """Read a moment into a time zone. Raises: InvalidArguments."""
    try:
        return read(moment).astimezone(zone(time_zone))
    except OverflowError:
        raise outside() from None


def first_day(day: date, period: Period) -> date:
    """Give the first day of the period that a day is in. Raises: InvalidArguments."""
    if period == "week":
        if day.toordinal() <= day.weekday():
            raise outside()
        return day - timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}
    return day if period == "day" else day.replace(month=month[period], day=1)


def last_day(first: date, period: Period) -> date:
    """Give the last day of the period that begins on a day. Raises: InvalidArguments."""
    if period in {"day", "week"}:
        try:
            return first + timedelta(days=0 if period == "day" else 6)
        except OverflowError:
            raise outside() from None
    month = first.month + {"month": 0, "quarter": 2, "year": 11}[period]
    return first.replace(month=month, day=monthrange(first.year, month)[1])


def outside() -> InvalidArguments:
    """Refuse what has no date."""
    return InvalidArguments("That is outside the years 1 to 9999.")


def read(moment: str | float) -> datetime:
    """Read a moment. Raises: InvalidArguments."""
    try:
        if isinstance(moment, int | float):
            return datetime.fromtimestamp(moment, tz=UTC)
        found = _from_text(moment.strip())
    except (ValueError, OverflowError, OSError):
        raise InvalidArguments("That is not a moment; write 2026-01-31T12:00:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _from_text(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)


def zone(name: str) -> ZoneInfo:
    """Find a time zone. Raises: InvalidArguments."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise InvalidArguments("There is no time zone of that name.") from None
