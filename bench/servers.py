"""Compares web servers and worker pools: `python -m bench.servers [web] [insert] [call]`.

Numbers for ADR 0002. gunicorn is no dependency of the project: it is measured when it is there.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from spojit import embedded

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 3
CLIENTS = 8
SECONDS = 5.0
TASKS = {"insert": 1500, "call": 500}
PORT = 18_765
SPAN = "SELECT extract(epoch FROM max(at) - min(at)) FROM bench_row"
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
PYTHON = [sys.executable, "-m"]
GRANIAN = [*PYTHON, "granian", "--interface", "wsgi", "--port", str(PORT), "--no-ws", "--log-level",
           "error", "bench.smallest:application"]  # fmt: skip
GUNICORN = [*PYTHON, "gunicorn", "--bind", f"127.0.0.1:{PORT}", "--worker-class", "gthread",
            "--log-level", "error", "bench.smallest:application"]  # fmt: skip
CELERY = [*PYTHON, "celery", "--quiet", "--app", "bench.smallest:celery", "worker", "--queues",
          "bench", "--without-gossip", "--without-mingle", "--loglevel", "ERROR"]  # fmt: skip
WEB = {
    "granian, 1 worker of 4 threads": [*GRANIAN, "--workers", "1", "--blocking-threads", "4"],
    "granian, 1 worker of 8 threads": [*GRANIAN, "--workers", "1", "--blocking-threads", "8"],
    "granian, 2 workers of 4 threads": [*GRANIAN, "--workers", "2", "--blocking-threads", "4"],
    "gunicorn, 1 worker of 8 threads": [*GUNICORN, "--workers", "1", "--threads", "8"],
    "gunicorn, 2 workers of 8 threads": [*GUNICORN, "--workers", "2", "--threads", "8"],
}
POOLS = {
    "threads, 8": [*CELERY, "--pool", "threads", "--concurrency", "8"],
    "prefork, 2": [*CELERY, "--pool", "prefork", "--concurrency", "2"],
    "prefork, 8": [*CELERY, "--pool", "prefork", "--concurrency", "8"],
}


@dataclass(frozen=True)
class Measured:
    """What one round gave: finished per second, and the proportional memory of the processes."""

    per_second: float
    megabytes: float


def main() -> None:
    """Measure everything, round by round, and print medians."""
    kinds = sys.argv[1:] or ["web", *TASKS]
    with _folder() as folder, embedded.servers(folder / "var") as urls:
        _prepare(urls)
        if "web" in kinds:
            web = {name: argv for name, argv in WEB.items() if _can_run(argv)}
            _report("One-insert requests", _rounds(web, _measure_web))
        for task in TASKS.keys() & kinds:
            runs = _rounds(POOLS, lambda argv, task=task: _measure_pool(argv, task, urls))
            _report(f"Tasks of the kind '{task}'", runs)


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder for the length of a block, where the servers' own user may go."""
    own = Path(__file__).resolve().parent.parent / "var"
    own.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=own) as name:
        Path(name).chmod(0o711)
        yield Path(name)


def _prepare(urls: embedded.Urls) -> None:
    with psycopg.connect(urls.migration_database_url) as owner:
        owner.execute("CREATE TABLE bench_row (id bigserial PRIMARY KEY, at timestamptz NOT NULL)")
        owner.execute("GRANT INSERT, SELECT ON bench_row TO spojit_app")
        owner.execute("GRANT USAGE ON SEQUENCE bench_row_id_seq TO spojit_app")
    os.environ.update(
        DJANGO_SETTINGS_MODULE="spojit.settings",
        TRIAL="true",
        LOG_LEVEL="ERROR",
        DATABASE_URL=urls.database_url,
        MIGRATION_DATABASE_URL=urls.migration_database_url,
        REDIS_URL=urls.redis_url,
    )
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(migrate, check=True)


def _can_run(argv: list[str]) -> bool:
    return importlib.util.find_spec(argv[2]) is not None


def _rounds(kinds: dict[str, list[str]], measure: Any) -> dict[str, list[Measured]]:
    """Measure each kind in turn, several times, so that a disturbance hits all alike."""
    found: dict[str, list[Measured]] = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        for name, argv in kinds.items():
            found[name].append(measure(argv))
    return found


def _report(title: str, found: dict[str, list[Measured]]) -> None:
    sys.stdout.write(f"{title} (median of {ROUNDS} rounds)\n")
    for name, rounds in found.items():
        per_second = statistics.median(one.per_second for one in rounds)
        megabytes = statistics.median(one.megabytes for one in rounds)
        sys.stdout.write(f"  {name:<34} {per_second:>8.0f} /s {megabytes:>8.0f} MB\n")


def _measure_web(argv: list[str]) -> Measured:
    with _running(argv) as process:
        _wait_for_port()
        _load(seconds=1.0)
        finished = _load(seconds=SECONDS)
        return Measured(finished / SECONDS, megabytes(process.pid))


def _load(*, seconds: float) -> int:
    counts = [0] * CLIENTS
    deadline = time.monotonic() + seconds
    clients = [
        threading.Thread(target=_client, args=(counts, number, deadline))
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return sum(counts)


def _client(counts: list[int], number: int, deadline: float) -> None:
    with socket.create_connection(("127.0.0.1", PORT)) as opened:
        while time.monotonic() < deadline:
            opened.sendall(REQUEST)
            answer = b""
            while not answer.endswith(b"ok\n"):
                answer += opened.recv(4096)
            counts[number] += 1


def _wait_for_port() -> None:
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                return
        time.sleep(0.05)


def _measure_pool(argv: list[str], task: str, urls: embedded.Urls) -> Measured:
    """Fill the queue, start the pool, and take the time from its first row to its last."""
    with psycopg.connect(urls.migration_database_url, autocommit=True) as owner:
        owner.execute("TRUNCATE bench_row")
        _enqueue(task, TASKS[task])
        with _running(argv) as process:
            _wait_for_rows(owner, TASKS[task])
            memory = megabytes(process.pid)
        ((seconds,),) = owner.execute(SPAN).fetchall()
        return Measured(TASKS[task] / float(seconds), memory)


def _enqueue(task: str, count: int) -> None:
    code = f"from bench import smallest as s\nfor _ in range({count}): s.{task}.delay()"
    subprocess.run([sys.executable, "-c", code], check=True)  # our own


def _wait_for_rows(owner: psycopg.Connection, count: int) -> None:
    while owner.execute("SELECT count(*) FROM bench_row").fetchone() != (count,):
        time.sleep(0.02)


@contextmanager
def _running(argv: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(argv, start_new_session=True) as process:  # our own
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def megabytes(leader: int) -> float:
    """Add up the proportional memory of a process and all that it started."""
    total = 0
    for number in _family(leader):
        lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def _family(leader: int) -> Iterator[int]:
    """Yield the numbers of a session's processes: field 6 of proc(5)'s stat is the session."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) == leader:
                yield int(entry.name)


if __name__ == "__main__":
    main()
