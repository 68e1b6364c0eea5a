"""Date & Time: read, move, compare and write moments, in any time zone."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

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

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}


def now(*, time_zone: Zone = "UTC") -> str:
    """Gives the current moment, in ISO 8601."""
    return clock.now().astimezone(_zone(time_zone)).isoformat(timespec="seconds")


def convert(
    *,
    moment: Moment,
    time_zone: Zone = "UTC",
    to: Literal["iso", "date", "time", "unix", "mail", "weekday"] = "iso",
) -> str | int:
    """Writes a moment in another time zone or form. One without a zone is taken as UTC."""
    local = _read(moment).astimezone(_zone(time_zone))
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
    local = _read(moment).astimezone(_zone(time_zone))
    try:
        if unit in {"days", "weeks"}:
            moved = local + timedelta(seconds=amount * _SECONDS[unit])
        else:
            later = local.astimezone(UTC) + timedelta(seconds=amount * _SECONDS[unit])
            moved = later.astimezone(_zone(time_zone))
    except OverflowError:
        raise InvalidArguments("That is outside the years 1 to 9999.") from None
    return moved.isoformat(timespec="seconds")


def difference(*, start: Moment, end: Moment, unit: Unit = "seconds") -> float:
    """Gives the time from one moment to another; negative when the second is earlier."""
    return (_read(end) - _read(start)).total_seconds() / _SECONDS[unit]


def compare(*, first: Moment, second: Moment) -> Literal["before", "same", "after"]:
    """Says whether the first moment is before the second, the same, or after it."""
    left, right = _read(first), _read(second)
    if left == right:
        return "same"
    return "before" if left < right else "after"


def _read(moment: str | float) -> datetime:
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


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise InvalidArguments("There is no time zone of that name.") from None


_NEW_YEAR = "2026-01-01T12:00:00+00:00"

connector = Connector(
    key="date_time",
    name="Date & Time",
    category="Utilities",
    summary="Read, move and compare moments.",
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
    ],
)
