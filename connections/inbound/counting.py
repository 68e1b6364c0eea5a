"""How many deliveries came: counted by the hour, told by the day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection as database
from django.db.models import Sum
from django.db.models.functions import TruncDate

from connections.models import DeliveryCount
from connections.models.delivery import Verdict
from spojit.lib.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from connections.models import Connection, Delivery

_COLUMN = {Verdict.ACCEPTED: "accepted", Verdict.DUPLICATE: "duplicates"}
_ADD = """
INSERT INTO connections_deliverycount AS c
    (id, workspace_id, connection_id, hour, accepted, duplicates)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (workspace_id, connection_id, hour) DO UPDATE SET
    accepted = c.accepted + excluded.accepted, duplicates = c.duplicates + excluded.duplicates
"""


@dataclass(frozen=True, slots=True)
class Day:
    """What came on one day (UTC)."""

    on: date
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0


def add(deliveries: Iterable[Delivery]) -> None:
    """Count deliveries of one workspace, in its scope; the refused ones are counted on arrival."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for row in deliveries:
        hour = row.received_at.replace(minute=0, second=0, microsecond=0)
        counts[row.workspace_id, row.connection_id, hour, _COLUMN[Verdict(row.verdict)]] += 1
    places = sorted({place[:3] for place in counts}, key=str)
    with database.cursor() as cursor:
        for place in places:
            added = [counts[*place, column] for column in _COLUMN.values()]
            cursor.execute(_ADD, [new_id(), *place, *added])


def per_day(connection: Connection, *, days: int = 30, now: datetime) -> list[Day]:
    """Count the last days, the oldest first, today included; in the workspace's scope."""
    first = now.astimezone(UTC).date() - timedelta(days=days - 1)
    begins = datetime.combine(first, time(), UTC)
    rows = DeliveryCount.objects.filter(connection=connection, hour__gte=begins)
    sums = rows.annotate(on=TruncDate("hour", tzinfo=UTC)).values("on")
    names = ("accepted", "duplicates", "refused")
    told = {row.pop("on"): row for row in sums.annotate(**{f"n_{n}": Sum(n) for n in names})}
    dates = [first + timedelta(days=place) for place in range(days)]
    return [_day(on, told.get(on, {})) for on in dates]


def _day(on: date, told: dict[str, int]) -> Day:
    return Day(on, told.get("n_accepted", 0), told.get("n_duplicates", 0), told.get("n_refused", 0))
