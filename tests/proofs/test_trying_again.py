"""When a connection is verified next: after a fault, after a good answer, and every day."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from connections import credentials, verification
from connections.models import Connection
from connections.verification import timing
from tests import servers
from tests.proofs import acts
from tests.proofs.caring import KEY, MONDAY, Fickle, connected

if TYPE_CHECKING:
    from tests.proofs.conftest import Reach, SetClock

pytestmark = pytest.mark.django_db


def due_at(connection: Connection) -> datetime:
    """Tell when a connection is verified next."""
    found = acts.look(connection).connection.verification_due_at
    assert found is not None
    return found


def is_found(connection: Connection, *, now: datetime) -> bool:
    """Whether the sweep would announce it."""
    return (connection.workspace_id, connection.pk) in verification.find_due(now=now)


def test_a_first_verification_is_tried_again_after_30_s_2_min_and_10_min(
    reach: Reach, set_clock: SetClock
) -> None:
    fickle, now = Fickle(), MONDAY
    fickle.status = 503
    with servers.recording(fickle) as server:
        reach(server.port)
        set_clock(now)
        connection = connected(server)
        for attempt, wait in enumerate((30, 120, 600, 2400), start=1):
            seen = acts.verify(connection)
            assert (seen.status, seen.reason) == ("error", "upstream_fault")
            assert due_at(connection) == now + timedelta(seconds=wait)
            acts.work(connection)
            assert len(server.requests) == attempt
            assert not is_found(connection, now=now + timedelta(seconds=wait - 1))
            now += timedelta(seconds=wait)
            assert is_found(connection, now=now)
            set_clock(now)
        fickle.status = 200
        assert acts.verify(connection).status == "active"
        assert due_at(connection) - now >= timedelta(hours=6)


def test_an_active_connection_becomes_an_error_after_three_in_a_row_over_ten_minutes(
    reach: Reach, set_clock: SetClock
) -> None:
    fickle, now = Fickle(), MONDAY
    with servers.recording(fickle) as server:
        reach(server.port)
        set_clock(now)
        connection = connected(server)
        assert acts.verify(connection).status == "active"
        fickle.status = 503
        story = []
        for _ in range(4):
            now = due_at(connection)
            set_clock(now)
            seen = acts.verify(connection)
            story.append((seen.status, (due_at(connection) - now) // timedelta(minutes=1)))
            assert seen.says("The service has a fault of its own.")
        assert story == [("active", 5), ("active", 10), ("error", 20), ("error", 40)]
        fickle.status = 200
        set_clock(due_at(connection))
        seen = acts.verify(connection)
        assert (seen.status, seen.connection.failures) == ("active", 0)


def test_one_good_answer_in_between_starts_the_count_again(
    reach: Reach, set_clock: SetClock
) -> None:
    fickle, now = Fickle(), MONDAY
    with servers.recording(fickle) as server:
        reach(server.port)
        set_clock(now)
        connection = connected(server)
        acts.verify(connection)
        for status in (503, 503, 200, 503, 503):
            fickle.status = status
            now += timedelta(minutes=20)
            set_clock(now)
            assert acts.verify_again(connection).status == "active"


def test_a_staged_key_is_tried_again_while_the_old_one_works(
    reach: Reach, set_clock: SetClock
) -> None:
    fickle, now = Fickle(), MONDAY
    with servers.recording(fickle) as server:
        reach(server.port)
        set_clock(now)
        connection = connected(server)
        acts.work(connection)
        now += timedelta(hours=1)
        set_clock(now)
        credentials.stage(connection, values={"api_key": KEY + "-2"}, actor=acts.owner(connection))
        fickle.status = 503
        for wait in (30, 120):
            assert acts.verify(connection).status == "active"
            assert due_at(connection) == now + timedelta(seconds=wait)
            now += timedelta(seconds=wait)
            set_clock(now)
        fickle.status = 200
        seen = acts.verify(connection)
        assert (seen.status, seen.check.credential_version) == ("active", 2)


# -- the herd, and what staff switch off -----------------------------------------------------------


def test_daily_verifications_are_spread_evenly_and_stay_put() -> None:
    made = random.Random(7)
    start = int(MONDAY.timestamp() * 1000)
    minutes: Counter[datetime] = Counter()
    for number in range(
        10_000
    ):  # made by one import, so that their IDs differ as little as they can
        value = (start + number // 20) << 80 | 7 << 76 | made.getrandbits(12) << 64
        value |= 2 << 62 | made.getrandbits(62)
        connection = Connection(id=uuid.UUID(int=value))
        slot = timing.daily_slot(connection, now=MONDAY)
        assert timing.daily_slot(connection, now=slot) == slot + timedelta(days=1)
        minutes[slot.replace(second=0)] += 1
    assert len(minutes) > 1400
    assert max(minutes.values()) <= 24  # 7 on average; a herd would be hundreds
