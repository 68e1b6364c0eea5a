"""Row 8: signed webhook, one HTTP call through a connection, finished run. A gate.

Ours is what `manage.py up` starts: granian, a worker and the scheduler, with one worker and with
two. The floor is an empty Celery task a request, by a bare application and a worker of the same
pool on the same broker. Both in turn in each round; the gate, 0.2 of the floor's rate, and the aim,
0.4, are written in times. How long a run takes, from its delivery to its end, is also told at half
of the rate, where nothing queues.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import redis
from django.conf import settings

from bench import deliveries, empty
from bench.measuring import Row
from bench.prepare import team
from bench.servers import megabytes
from bench.upstream import upstream
from connections import lifecycle, verification
from spojit.embedded.state import is_free
from spojit.lib import outbound
from spojit.lib.ids import GREATEST, LEAST
from tests.proofs import posting
from workflows import lifecycle as workflows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from connections.models import Connection
    from tests.proofs.posting import Line

CLIENTS = 16
ROUNDS, EACH = 3, 800
GATE_RATE, AIM_RATE = 0.2, 0.4
PATIENCE_SECONDS = 120.0
PYTHON = [sys.executable, "-m"]
POOL = ["--pool", "threads", "--concurrency", "8", "--without-gossip", "--without-mingle"]
BEAT = ["beat", "--schedule", str(settings.VAR_DIR / f"bench-beat-{os.getpid()}")]
_SEE = "SELECT set_config('spojit.low', %s, false), set_config('spojit.high', %s, false)"
_FINISHED = "SELECT count(*) FROM workflows_run WHERE status = 'completed'"
_SECONDS = """
SELECT extract(epoch FROM r.finished_at - d.received_at)::float
FROM workflows_run AS r JOIN connections_delivery AS d ON d.id = r.delivery_id
ORDER BY r.created_at DESC, r.id DESC LIMIT %s
"""


class Ours:
    """The installation: its processes, and what it has finished."""

    def __init__(self, path: str, port: int, service_port: int) -> None:
        """Remember where deliveries go, and which port the workers may call."""
        self.path, self.port = path, port
        self.environment = os.environ | deliveries.NO_LIMITS | {
            "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
            "OUTBOUND_ALLOWED_PORTS": str(service_port),
            "DATABASE_POOL_SIZE": "20",
        }  # fmt: skip
        self.owner = psycopg.connect(settings.MIGRATION_DATABASE_URL, autocommit=True)
        self.owner.execute(_SEE, [str(LEAST), str(GREATEST)])

    def round(self, count: int = EACH, *, rate: float = 0.0) -> float:
        """Deliver so many, at once or at a rate, until each has a finished run; runs a second."""
        before = self.finished()
        requests = [deliveries.request(self.path) for _ in range(count)]
        started = time.perf_counter()
        _post(requests, self.port, rate=rate)
        _wait(lambda: self.finished() >= before + count)
        return count / (time.perf_counter() - started)

    def finished(self) -> int:
        """Count the completed runs."""
        found = self.owner.execute(_FINISHED).fetchone()
        assert found is not None
        return int(found[0])

    def times_ms(self, count: int) -> tuple[float, float]:
        """Give the median and the 95th of 100 of the last runs, from delivery to end."""
        rows = self.owner.execute(_SECONDS, [count]).fetchall()
        found = sorted(row[0] * 1000 for row in rows)
        return statistics.median(found), found[len(found) * 95 // 100]


def measure() -> Row:
    """Run both, and send to them in turn."""
    ports = list(islice(filter(is_free, deliveries.PORTS), 2))
    with ExitStack() as stack:
        service = urlsplit(stack.enter_context(upstream()))
        ours = Ours(_workflow(service.geturl()), ports[1], service.port or 80)
        stack.enter_context(_served("bench.empty:application", ports[0], dict(os.environ)))
        stack.enter_context(_running(_celery("bench.empty:celery", "worker", *POOL)))
        web = stack.enter_context(_served(deliveries.OURS, ours.port, ours.environment))
        worker = stack.enter_context(_worker(ours, 1))
        scheduler = stack.enter_context(_running(_celery("spojit", *BEAT), ours.environment))
        _floor(ports[0], EACH // 4)
        ours.round(EACH // 4)
        pairs = [(_floor(ports[0], EACH), ours.round()) for _ in range(ROUNDS)]
        rate = statistics.median(pair[1] for pair in pairs)
        crowded = ours.times_ms(EACH)
        ours.round(EACH // 2, rate=rate / 2)
        calm = ours.times_ms(EACH // 2)
        memory = sum(megabytes(one.pid) for one in (web, worker, scheduler))
        stack.enter_context(_worker(ours, 2))
        ours.round(EACH // 4)
        two = statistics.median(ours.round() for _ in range(ROUNDS))
    return _row(pairs, crowded, calm, memory, two)


def _row(
    pairs: list[tuple[float, float]],
    crowded: tuple[float, float],
    calm: tuple[float, float],
    memory: float,
    two: float,
) -> Row:
    floor, ours = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    share = statistics.median(pair[1] / pair[0] for pair in pairs)
    note = (
        f"{share:.2f} of the floor's rate (gate {GATE_RATE}, aim {AIM_RATE}): {ours:.0f} of"
        f" {floor:.0f} a second, two workers {two:.0f}; p50 and p95 at that rate"
        f" {crowded[0]:.0f} and {crowded[1]:.0f} ms, at half of it {calm[0]:.0f} and"
        f" {calm[1]:.0f} ms; web, worker and scheduler {memory:.0f} MB"
    )
    return Row(
        "Signed webhook to finished run, one call",
        1000 / floor,
        1000 / ours,
        1 / share,
        target=1 / GATE_RATE,
        is_gate=True,
        note=note,
    )


def _workflow(url: str) -> str:
    """Make an enabled workflow of one call, and its hook; return the hook's path."""
    workspace, user = team()
    outbound.configure(allowed_networks=["127.0.0.0/8"], allowed_ports=[urlsplit(url).port or 80])
    called = lifecycle.create(
        workspace,
        connector_key="http",
        scheme="api_key",
        name="Called by runs",
        values={"base_url": url, "api_key": "a-key-to-call", "test_path": "/items/7"},
        actor=user,
    )
    verification.verify(called)
    webhook, path = deliveries.hook("Starts runs")
    workflow = workflows.create(
        workspace, name="Measured", actor=user, definition=_definition(webhook, called)
    )
    workflows.enable(workflow, actor=user)
    return path


def _definition(webhook: Connection, called: Connection) -> dict[str, object]:
    start = {"start": {"type": "webhook", "connection_id": str(webhook.pk)}}
    call = {"connector": "http", "connection_id": str(called.pk), "tool": "get",
            "arguments": {"path": "/items/{{ trigger.delivery.id }}"}}  # fmt: skip
    return {
        "nodes": [
            {"id": "start", "kind": "trigger", "name": "Start", "settings": start},
            {"id": "call", "kind": "connector", "name": "Call", "settings": call},
        ],
        "wires": [{"from": "start", "output": "next", "to": "call"}],
    }


def _floor(port: int, count: int) -> float:
    """Send so many to the bare application until the queue is empty; tasks a second."""
    requests = [posting.written("/", b"{}", {}) for _ in range(count)]
    started = time.perf_counter()
    _post(requests, port)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        _wait(lambda: not client.llen(empty.QUEUE) and not client.hlen("unacked"))
    return count / (time.perf_counter() - started)


def _post(requests: list[bytes], port: int, *, rate: float = 0.0) -> None:
    begun = time.perf_counter()

    def post(line: Line, job: tuple[int, bytes]) -> None:
        number, raw = job
        if rate:
            time.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        assert line.post(raw).status == 202

    posting.each(enumerate(requests), post, port=port, sources=[posting.HOST] * CLIENTS)


def _wait(is_done: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while not is_done():
        assert time.perf_counter() < deadline, "It did not come to an end."
        time.sleep(0.01)


def _celery(application: str, *words: str) -> list[str]:
    return [*PYTHON, "celery", "--quiet", "--app", application, *words, "--loglevel", "ERROR"]


def _worker(ours: Ours, number: int) -> AbstractContextManager[subprocess.Popen[bytes]]:
    command = _celery("spojit", "worker", *POOL, "--hostname", f"bench-{number}@%h")
    return _running(command, ours.environment)


@contextmanager
def _served(
    application: str, port: int, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with _running(deliveries.command(application, port), environment) as process:
        while is_free(port):
            assert process.poll() is None, f"{application} did not start."
            time.sleep(0.05)
        yield process


@contextmanager
def _running(
    command: list[str], environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
