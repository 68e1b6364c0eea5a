"""A flood of requests that nobody signed: little of it is kept, and what is signed still passes."""

from __future__ import annotations

import itertools
import os
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection as database
from django.db.models import Count, Sum
from django.db.models.functions import TruncHour

from connections.inbound import hooks
from connections.models import Delivery, DeliveryCount, DeliveryKey
from spojit.embedded.state import is_free
from spojit.lib import clock
from tests import factories
from tests.connections import webhooks
from tests.live import Live
from tests.proofs import posting
from tests.proofs.sizes import IS_FULL, sized
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from connections.models import Connection
    from tests.proofs.posting import Answer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]

EACH = int(sized(500, 3_334))
COUNT, USUAL = 3 * EACH, int(sized(500, 3_000))
STRANGERS = [f"127.0.0.{number}" for number in range(2, 8)]
PORTS = range(32_000 + os.getpid() % 600, 32_700)
MOST_AN_HOUR = 100
MOST_BYTES, MOST_BYTES_EACH = 1024 * 1024, 4096
TABLES = ("connections_delivery", "connections_deliverykey", "connections_deliverycount")
BODY = b'{"order": 7}'
MOST_TIMES, LEAST_SECONDS, PAUSE_SECONDS = 4.0, 0.25, 0.01

_numbers = itertools.count()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Live]:
    """A web server as `manage.py up` runs it, with the limits that it has by default."""
    (tmp_path / "mail").mkdir()
    with ExitStack() as stack:
        processes = Live(tmp_path, next(filter(is_free, PORTS)))
        stack.callback(processes.stop)
        processes.start("web")
        yield processes


def test_a_flood_of_bad_signatures_leaves_little_behind_and_good_ones_pass(
    running: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    used, waiting = (webhooks.make_webhook(factories.make_workspace()) for _ in range(2))
    path = _path(used)
    usual, _ = _during(running.port, path, itertools.repeat(path, USUAL), _good)
    size, started = _size(), time.monotonic()
    good, statuses = _during(running.port, path, [path, _path(waiting), f"{path}x"] * EACH, _forged)
    seconds, growth = time.monotonic() - started, _size() - size
    _tell(capsys, usual=usual, good=good, seconds=seconds, growth=growth)

    assert {answer.status for answer in good} == {202}
    assert statuses == {401: 2 * EACH, 404: EACH}
    _assert_little_is_kept([used, waiting], refused=EACH)
    assert growth < MOST_BYTES + len(good) * MOST_BYTES_EACH
    assert [webhooks.fresh(one).status for one in (used, waiting)] == ["active", "pending"]
    assert _p95(good) < max(MOST_TIMES * _p95(usual), LEAST_SECONDS)


def _path(connection: Connection) -> str:
    return f"{hooks.PATH}{hooks.token_of(connection)}"


def _during(
    port: int, path: str, paths: Iterable[str], write: Callable[[str, int], bytes]
) -> tuple[list[Answer], Counter[int]]:
    """Deliver to `path`, one after another, while strangers send requests to `paths`.

    Returns:
        What the deliveries came to, and how often the strangers got each status.
    """
    statuses: list[int] = []
    good: list[Answer] = []
    ended = threading.Event()

    def deliver() -> None:
        with posting.Line(port) as line:
            while not ended.is_set():
                good.append(line.post(_good(path, next(_numbers))))
                time.sleep(PAUSE_SECONDS)

    delivering = threading.Thread(target=deliver)
    delivering.start()
    try:
        posting.each(
            [(path, next(_numbers)) for path in paths],
            lambda line, job: statuses.append(line.post(write(*job)).status),
            port=port,
            sources=STRANGERS,
        )
    finally:
        ended.set()
        delivering.join()
    return good, Counter(statuses)


def _good(path: str, number: int) -> bytes:
    headers = webhooks.signed("spojit", BODY, delivery_id=f"delivery-{number}")
    return posting.written(path, BODY, headers)


def _forged(path: str, number: int) -> bytes:
    """Write a request that nobody signed, in one of the ways to do that."""
    at = clock.now() - timedelta(hours=number % 4 == 0)
    headers = webhooks.signed("spojit", BODY, at=at, delivery_id=f"forged-{number}")
    if number % 4 == 1:
        headers["X-Signature"] = headers["X-Signature"][:-1]
    if number % 4 == 2:
        del headers["X-Signature"]
    return posting.written(path, BODY + b" " * (number % 4 == 3), headers)


def _size() -> int:
    """Sum up what the tables take, indexes included, in bytes."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(t::regclass)) FROM unnest(%s::text[]) t",
            [list(TABLES)],
        )
        return int(cursor.fetchone()[0])


def _assert_little_is_kept(connections: list[Connection], *, refused: int) -> None:
    """A hundred rows of each connection and hour, without a body or a key, and one counter."""
    with isolation.everything(reason="a test counts"):
        rows = Delivery.objects.filter(verdict="refused")
        hourly = rows.values("connection_id", hour=TruncHour("received_at"))
        listed = list(hourly.annotate(rows=Count("pk")).values_list("rows", flat=True))
        counts = DeliveryCount.objects.values_list("connection_id")
        counted = dict(counts.annotate(refused=Sum("refused")))
        counters, bodies = counts.count(), rows.exclude(sealed=None).count()
        keys = DeliveryKey.objects.count()
        accepted = Delivery.objects.filter(verdict="accepted").count()
    assert len(listed) == counters
    assert max(listed) <= MOST_AN_HOUR
    assert counted == {connection.pk: refused for connection in connections}
    assert (bodies, keys) == (0, accepted)


def _p95(answers: list[Answer]) -> float:
    return sorted(answer.seconds for answer in answers)[len(answers) * 95 // 100]


def _tell(
    capsys: pytest.CaptureFixture[str],
    *,
    usual: list[Answer],
    good: list[Answer],
    seconds: float,
    growth: int,
) -> None:
    if not IS_FULL:
        return
    with capsys.disabled():
        sys.stdout.write(
            f"\n{COUNT:,} requests without a signature in {seconds:.1f} s"
            f" ({COUNT / seconds:.0f} a second) left {growth / 1024:.0f} KiB behind, those of"
            f" {len(good)} good ones included; 95 of 100 of these were answered within"
            f" {_p95(good) * 1000:.1f} ms, and {_p95(usual) * 1000:.1f} ms among as many signed"
            " ones\n"
        )
