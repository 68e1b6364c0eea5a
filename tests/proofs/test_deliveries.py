"""Deliveries by the thousand; a broker emptied, a worker and the web server killed in the middle.

What was answered with 202 reaches the listener exactly once. At its full size the proof prints how
fast that was; see `make soak`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import redis
from django.conf import settings
from django.db.models import Sum

from connections.inbound import hooks
from connections.models import Delivery, DeliveryCount
from connectors import signatures
from spojit.embedded.state import is_free
from tests import factories
from tests.connections import webhooks
from tests.live import Live
from tests.proofs import heard, posting
from tests.proofs.sizes import IS_FULL, sized
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from connections.models import Connection
    from tests.proofs.heard import Book
    from tests.proofs.posting import Answer, Line

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]

COUNT = int(sized(2_000, 100_000))
KINDS = ("spojit", "standard_webhooks", "shopify", "github", "slack", "stripe")
SENDERS = [posting.HOST] * 8
LATER = COUNT // 20
AGAIN_AFTER_SECONDS, SWEEP_SECONDS = int(sized(3, 45)), int(sized(1, 10))
MOST_SECONDS = sized(200, 3600)
MOST_MEMORY_MB, MOST_GROWTH_MB = 250.0, 40.0
WORKERS = ("worker", "worker 2")
PORTS = range(32_000 + os.getpid() % 600, 32_700)
NO_LIMITS = {"HOOK_DELIVERIES_PER_CONNECTION": "1000000", "HOOK_REQUESTS_PER_ADDRESS": "10000000"}


@dataclass(frozen=True, slots=True)
class Job:
    """One request: a delivery, perhaps not for the first time, or a forgery that bears its ID."""

    number: int
    is_forged: bool = False


@dataclass
class Services:
    """Those who deliver, and what came of each request."""

    hooks: list[tuple[str, str]]
    came: list[tuple[Job, Answer]] = field(default_factory=list)

    def send(self, line: Line, job: Job) -> None:
        """Send until something is answered, as services do, each time signed anew."""
        self.came.append((job, line.insist(lambda: self._written(job))))

    def answered(self) -> dict[int, set[str]]:
        """By the number of each delivery that was answered with 202: as which ones it is known."""
        known: dict[int, set[str]] = defaultdict(set)
        for job, answer in self.came:
            if answer.status == 202:
                known[job.number].add(json.loads(answer.body)["delivery"])
        return known

    def statuses(self) -> Counter[tuple[bool, int]]:
        """Count the answers, forgeries apart."""
        return Counter((job.is_forged, answer.status) for job, answer in self.came)

    def lost(self, *, forged: bool) -> int:
        """Count the requests of which nobody knows what came."""
        return sum(answer.lost for job, answer in self.came if job.is_forged == forged)

    def _written(self, job: Job) -> bytes:
        kind, path = self.hooks[job.number % len(self.hooks)]
        name = f"delivery-{job.number}"
        body = signatures.sample(kind, delivery_id=name)
        headers = webhooks.signed(kind, body, delivery_id=name)
        return posting.written(path, body + b" " * job.is_forged, headers)


@pytest.fixture
def book() -> Iterator[Book]:
    with heard.book() as kept:
        yield kept


@pytest.fixture
def running(book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A web server as `manage.py up` runs it, two workers that listen, and a scheduler."""
    told = NO_LIMITS | {
        "DJANGO_SETTINGS_MODULE": heard.SETTINGS,
        heard.AGAIN_AFTER: str(AGAIN_AFTER_SECONDS),
        "SWEEP_SECONDS": str(SWEEP_SECONDS),
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "mail").mkdir()
    with ExitStack() as stack:
        processes = Live(tmp_path, next(filter(is_free, PORTS)))
        stack.callback(processes.stop)
        for name in ("web", *WORKERS, "scheduler"):
            processes.start(name)
        yield processes


@pytest.fixture
def made() -> list[Connection]:
    """A webhook connection of each kind, in workspaces of their own."""
    return [webhooks.make_webhook(factories.make_workspace(), kind) for kind in KINDS]


def test_what_was_answered_with_202_is_heard_exactly_once_whatever_dies(
    running: Live, book: Book, made: list[Connection], capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [f"{hooks.PATH}{hooks.token_of(connection)}" for connection in made]
    services = Services(list(zip(KINDS, paths, strict=True)))
    before = _memory(running, *WORKERS)
    started = time.monotonic()
    with ThreadPoolExecutor(1) as background:
        sending = background.submit(
            posting.each, _plan(), services.send, port=running.port, sources=SENDERS
        )
        left = _disturb(running, book, services, sending)
        sending.result()
    sent = time.monotonic() - started
    _wait_until(lambda: not _left())
    seconds = time.monotonic() - started
    memory = _memory(running, left)
    running.stop()
    _assert_each_was_heard_once(services, book)
    _assert_all_was_counted(services)
    _tell(capsys, services, book, sent=sent, seconds=seconds, memory=[*memory.values()])
    for name in memory:
        assert memory[name] < MOST_MEMORY_MB
        assert memory[name] - before[name] < MOST_GROWTH_MB


def _plan() -> list[Job]:
    """Send every delivery; one in ten twice at once, one in ten later again, forge one in ten."""
    plan: list[Job] = []
    for number in range(COUNT):
        plan.append(Job(number))
        if number % 10 == 0:
            plan.append(Job(number))
        if number % 10 == 3 and number >= LATER:
            plan.append(Job(number - LATER))
        if number % 10 == 7:
            plan.append(Job(number, is_forged=True))
    return plan


def _disturb(running: Live, book: Book, services: Services, sending: Future[None]) -> str:
    """Empty the broker, kill a worker while it hands over, kill the web server while it takes.

    Returns:
        The name of the worker that is left.
    """

    def come(share: float) -> None:
        _wait_until(lambda: len(services.came) >= share * COUNT, unless=sending)

    come(0.2)
    _empty_the_broker()
    come(0.4)
    with book.shut():
        _wait_until(lambda: bool(book.waiting()), unless=sending)
        waiting = book.waiting()
        lost, left = sorted(WORKERS, key=lambda name: running.number(name) not in waiting)
        running.kill(lost)
    come(0.7)
    running.kill("web")
    running.start("web")
    come(0.9)
    _empty_the_broker()
    return left


def _empty_the_broker() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


def _memory(running: Live, *workers: str) -> dict[str, float]:
    """Say what the web server and workers hold, in MiB."""
    return {name: running.memory_mb(name) for name in ("web", *workers)}


def _left() -> bool:
    with isolation.everything(reason="a test counts"):
        return Delivery.objects.filter(settled_at=None).exists()


def _assert_each_was_heard_once(services: Services, book: Book) -> None:
    """Each delivery is known by one ID only, and that one was heard, and nothing else was."""
    known = services.answered()
    assert sorted(known) == list(range(COUNT))
    assert {len(ids) for ids in known.values()} == {1}
    heard_of = Counter(str(delivery_id) for delivery_id, _, _ in book.rows())
    assert heard_of == Counter(name for ids in known.values() for name in ids)
    assert services.lost(forged=False) > 0, "The web server was killed while it did nothing."
    assert any(attempt > 1 for _, attempt, _ in book.rows()), "The worker held nothing."


def _assert_all_was_counted(services: Services) -> None:
    """Whatever was answered is counted; of what nobody knows, some may be."""
    statuses = services.statuses()
    forged, repeated = statuses[True, 401], statuses[False, 202] - COUNT
    assert statuses == {(False, 202): COUNT + repeated, (True, 401): forged}
    with isolation.everything(reason="a test counts"):
        verdicts = Counter(Delivery.objects.values_list("verdict", flat=True))
        counted = DeliveryCount.objects.aggregate(
            accepted=Sum("accepted"), duplicate=Sum("duplicates"), refused=Sum("refused")
        )
    assert counted["accepted"] == verdicts["accepted"] == COUNT
    assert counted["duplicate"] == verdicts["duplicate"]
    assert 0 <= counted["duplicate"] - repeated <= services.lost(forged=False)
    assert 0 <= counted["refused"] - forged <= services.lost(forged=True)


def _tell(
    capsys: pytest.CaptureFixture[str],
    services: Services,
    book: Book,
    *,
    sent: float,
    seconds: float,
    memory: list[float],
) -> None:
    if not IS_FULL:
        return
    took = sorted(answer.seconds * 1000 for _, answer in services.came if answer.status == 202)
    again = sum(attempt > 1 for _, attempt, _ in book.rows())
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(services.came):,} requests ({COUNT:,} deliveries) in {sent:.1f} s"
            f" ({len(services.came) / sent:.0f} a second; 202 after {took[len(took) // 2]:.1f} ms,"
            f" p95 {took[len(took) * 95 // 100]:.1f} ms), all heard {seconds - sent:.1f} s later;"
            f" {services.lost(forged=False)} were sent again after a lost answer, {again} were"
            f" handed over again; the web server holds {memory[0]:.0f} MiB, a worker"
            f" {memory[1]:.0f} MiB\n"
        )


def _wait_until(holds: Callable[[], bool], *, unless: Future[None] | None = None) -> None:
    """Wait; unless the senders failed, whose failure is raised."""
    deadline = time.monotonic() + MOST_SECONDS
    while not holds():
        if unless is not None and unless.done():
            unless.result()
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)
