"""`manage.py up`: everything in one foreground process, for a trial or a small installation."""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from spojit import embedded, starting, supervisor
from spojit.lib.errors import SpojitError
from spojit.supervisor import Program, Supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEFAULT_PORT = 8000
WEB_THREADS = 4
ROOT_WARNING = "You're running the worker with superuser privileges"


class Command(BaseCommand):
    """Prepare the database, then run web, worker and scheduler until Ctrl-C."""

    help = "Run web, worker and scheduler in the foreground, on HOST (127.0.0.1) and PORT (8000)."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run, and exit with 1 when something ended by itself."""
        host, port = os.environ.get("HOST") or "127.0.0.1", _port()
        var_dir: Path = settings.VAR_DIR
        var_dir.mkdir(parents=True, exist_ok=True)
        with _only_one(var_dir):
            _end_leftovers(var_dir)
            _check_port(host, port)
            try:
                self._prepare()
            except SpojitError as failure:
                raise CommandError(f"{failure.message} {failure.hint}".strip()) from None
            code = self._run(host, port, var_dir)
        self.say("Stopped. The data is kept.")
        sys.exit(code)

    def _prepare(self) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        starting.refuse_wrong_root_key()
        call_command("sync_connectors", verbosity=0)
        if settings.IS_TRIAL:
            os.environ["TRIAL"] = "true"
            call_command("make_demo")
        for connection in connections.all():
            connection.close()

    def _run(self, host: str, port: int, var_dir: Path) -> int:
        threading.Thread(target=self._say_ready, args=(host, port), daemon=True).start()
        return Supervisor(
            _programs(host, port),
            say=self.say,
            lost=lambda: _lost_servers(var_dir),
            started=lambda numbers: _remember(var_dir, numbers),
        ).run()

    def _say_ready(self, host: str, port: int) -> None:
        own = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104  # compared only
        while not _answers(own, port):
            time.sleep(0.1)
        self.say(f"Ready: http://{own}:{port}  (Ctrl-C stops everything and keeps the data)")

    def say(self, line: str) -> None:
        """Write one line of our own between those of the programs."""
        self.stdout.write(line)
        self.stdout.flush()


def _programs(host: str, port: int) -> list[Program]:
    python = [sys.executable, "-W", f"ignore:{ROOT_WARNING}", "-m"]
    celery = [*python, "celery", "--quiet", "--app", "spojit"]
    web = [*python, "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
           "--workers", "1", "--blocking-threads", str(WEB_THREADS), "--no-ws",
           "--workers-kill-timeout", "10", "spojit.wsgi:application"]  # fmt: skip
    worker = [*celery, "worker", "--pool", "threads", "--concurrency",
              str(settings.WORKER_CONCURRENCY), "--without-gossip", "--without-mingle",
              "--loglevel", settings.LOG_LEVEL]  # fmt: skip
    return [
        # granian ends its own worker processes only when it is asked to, not when it is killed.
        Program("web", web, death="TERM"),
        Program("worker", worker),
        Program("scheduler", [*celery, "beat", "--loglevel", settings.LOG_LEVEL]),
    ]


def _port() -> int:
    text = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise CommandError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            raise CommandError(
                f"Cannot listen on {host}:{port} ({failure.strerror}): "
                "free it, or set PORT or HOST to another one."
            ) from None


def _answers(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        return probe.connect_ex((host, port)) == 0


@contextmanager
def _only_one(var_dir: Path) -> Iterator[None]:
    with (var_dir / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(f"Spojit already runs on {var_dir}: stop it first.") from None
        yield


def _remember(var_dir: Path, numbers: list[int]) -> None:
    lines = [f"{number} {supervisor.start_of(number)}\n" for number in numbers]
    (var_dir / "up.processes").write_text("".join(lines))


def _end_leftovers(var_dir: Path) -> None:
    """End what an `up` that was killed may have left, found by number and start."""
    path = var_dir / "up.processes"
    if path.exists():
        pairs = [line.partition(" ") for line in path.read_text().splitlines()]
        supervisor.end_leftovers([(int(number), started) for number, _, started in pairs])
        path.unlink()


def _lost_servers(var_dir: Path) -> str:
    own = embedded.holds(var_dir) and embedded.running(var_dir) is None
    return "The embedded PostgreSQL or Redis ended: stopping." if own else ""
