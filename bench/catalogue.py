"""Two limits of the catalogue: reading all of it at start-up, and its page. Both are 150 ms."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from django.test import Client

from bench.measuring import Row
from bench.prepare import team
from connectors import registry

LIMIT_MS = 150.0
PROCESSES = 5
PAGES = 20
_READ_ALL = """
import time, django
django.setup()
from connectors import registry
started = time.process_time()
registry.all()
print((time.process_time() - started) * 1000)
"""


def measure_reading() -> Row:
    """Read every file in a fresh process that holds the product; the limit stands as the floor."""
    command = [sys.executable, "-c", _READ_ALL]
    found = [subprocess.check_output(command, text=True) for _ in range(PROCESSES)]
    return _row("Reading the catalogue", statistics.median(map(float, found)))


def measure_page() -> Row:
    """Open the catalogue with all of its connectors; the limit stands as the floor."""
    workspace, user = team()
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    path = f"/w/{workspace.slug}/connectors/"
    assert client.get(path).status_code == 200
    return _row("Catalogue page", statistics.median(_timed(client, path) for _ in range(PAGES)))


def _row(what: str, ours_ms: float) -> Row:
    return Row(
        what,
        floor_ms=LIMIT_MS,
        ours_ms=ours_ms,
        ratio=ours_ms / LIMIT_MS,
        target=1.0,
        note=f"{len(registry.paths())} connectors; the floor is the limit",
    )


def _timed(client: Client, path: str) -> float:
    started = time.perf_counter()
    assert client.get(path).status_code == 200
    return (time.perf_counter() - started) * 1000
