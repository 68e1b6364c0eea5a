"""Row 7: signed deliveries taken at a hook. A gate.

Both sides are served by the command of `manage.py up` (granian, one worker of four threads), one
after the other in each round, on one database and with the same body; the floor is a bare Django
with no middleware at all, whose view inserts one row. Workers do not run. The gate, 0.35 of its
rate, and the aim, 0.6, are written in times.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import psycopg
from django.conf import settings

from bench.measuring import Row
from bench.prepare import team
from connections import lifecycle
from connections.inbound import hooks
from connectors import signatures
from spojit.embedded.state import is_free
from spojit.lib import clock
from spojit.lib.ids import new_id
from tests.proofs import posting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connections.models import Connection
    from tests.proofs.posting import Answer, Line

CLIENTS = 8
ROUNDS, EACH = 9, 1_500
GATE_RATE, AIM_RATE = 0.35, 0.6
SECRET = "a-signing-secret-to-measure-with-0123"
NO_LIMITS = {"HOOK_DELIVERIES_PER_CONNECTION": "1000000", "HOOK_REQUESTS_PER_ADDRESS": "10000000"}
PORTS = range(19_000, 20_000)
BARE, OURS = "bench.bare:application", "spojit.wsgi:application"
_MAKE = """
CREATE TABLE bench_delivery (id uuid PRIMARY KEY, body bytea NOT NULL);
GRANT INSERT ON bench_delivery TO spojit_app
"""


@dataclass
class Taken:
    """What one round gave: the seconds it took, and those of each request."""

    whole: float
    each: list[float]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.each) / self.whole

    @property
    def p95_ms(self) -> float:
        """What 95 of 100 requests took at most."""
        return sorted(self.each)[len(self.each) * 95 // 100] * 1000


def measure() -> Row:
    """Serve both, and deliver to them in turn."""
    with psycopg.connect(settings.MIGRATION_DATABASE_URL, autocommit=True) as owner:
        owner.execute(_MAKE)
    (_, path), ports = hook("Delivered to"), list(islice(filter(is_free, PORTS), 2))
    with _serving(BARE, ports[0]), _serving(OURS, ports[1]):
        for port in ports:
            _round(port, path, EACH // 3)
        pairs = [(_round(ports[0], path), _round(ports[1], path)) for _ in range(ROUNDS)]
    return _row(pairs)


def _row(pairs: list[tuple[Taken, Taken]]) -> Row:
    rates = statistics.median(ours.rate / floor.rate for floor, ours in pairs)
    floor, ours = ([pair[place] for pair in pairs] for place in (0, 1))
    middle = [statistics.median(one.rate for one in side) for side in (floor, ours)]
    p95 = [statistics.median(one.p95_ms for one in side) for side in (floor, ours)]
    note = (
        f"{rates:.2f} of the bare view's rate (gate {GATE_RATE}, aim {AIM_RATE}):"
        f" {middle[1]:.0f} of {middle[0]:.0f} a second, p95 {p95[1]:.1f} and {p95[0]:.1f} ms"
    )
    return Row(
        f"Signed delivery taken, {CLIENTS} at once",
        1000 / middle[0],
        1000 / middle[1],
        1 / rates,
        target=1 / GATE_RATE,
        is_gate=True,
        note=note,
    )


def hook(name: str) -> tuple[Connection, str]:
    """Make a webhook connection; give it and its path."""
    workspace, user = team()
    connection = lifecycle.create(
        workspace,
        connector_key="spojit_webhook",
        scheme="webhook",
        name=name,
        values={"signing_secret": SECRET},
        actor=user,
    )
    return connection, f"{hooks.PATH}{hooks.token_of(connection)}"


def command(application: str, port: int) -> list[str]:
    """Give the command that serves an application as `manage.py up` does."""
    return [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", posting.HOST,
            "--port", str(port), "--workers", "1", "--blocking-threads", "4", "--no-ws",
            "--log-level", "error", application]  # fmt: skip


@contextmanager
def _serving(application: str, port: int) -> Iterator[None]:
    """Serve an application as `manage.py up` does."""
    with subprocess.Popen(command(application, port), env=os.environ | NO_LIMITS) as process:
        try:
            while is_free(port):
                assert process.poll() is None, f"{application} did not start."
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def _round(port: int, path: str, count: int = EACH) -> Taken:
    """Deliver so many, all signed beforehand, and see that each is taken."""
    requests = [request(path) for _ in range(count)]
    answers: list[Answer] = []

    def post(line: Line, raw: bytes) -> None:
        answers.append(line.post(raw))

    started = time.perf_counter()
    posting.each(requests, post, port=port, sources=[posting.HOST] * CLIENTS)
    whole = time.perf_counter() - started
    assert {answer.status for answer in answers} == {202}
    return Taken(whole, [answer.seconds for answer in answers])


def request(path: str) -> bytes:
    """Write a signed delivery with an ID of its own."""
    name = str(new_id())
    body = signatures.sample("spojit", delivery_id=name)
    values = {"signing_secret": SECRET}
    headers = signatures.sign("spojit", values, body=body, now=clock.now(), delivery_id=name)
    return posting.written(path, body, headers)
