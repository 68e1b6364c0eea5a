"""The real thing for browser tests: granian and a Celery worker on this process's test database."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from spojit.embedded.state import is_free
from tests.database import BASE_DIR, VAR_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workspaces.models.data_key import DataKey

HOST = "127.0.0.1"
START_SECONDS = 60.0
CELERY = ["celery", "--app", "spojit"]
WORKER_THREADS = 4


class Live:
    """Processes by name (web, worker, worker 2, scheduler): started, killed, their output read."""

    def __init__(self, folder: Path, port: int, *service_ports: int) -> None:
        """Keep logs and mail in `folder`; listen at `port`; let workers call `service_ports`."""
        self.folder = folder
        self.port = port
        self.service_ports = service_ports
        self.url = f"http://{HOST}:{port}"
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._platform_key: DataKey | None = None

    def start(self, name: str) -> None:
        """Start a process and wait until it is ready."""
        with self.log_file(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", *self._words(name)],
                cwd=BASE_DIR,
                env=os.environ | self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_ready(name)

    def start_what_rests(self, *names: str) -> None:
        """Start those processes that do not run."""
        for name in names:
            if name not in self._running:
                self.start(name)

    def kill(self, name: str) -> None:
        """Kill a process and its children at once, as a crash would."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Kill everything that runs."""
        for name in list(self._running):
            self.kill(name)

    def number(self, name: str) -> int:
        """Return the number of a process."""
        return self._running[name].pid

    def memory_mb(self, name: str) -> float:
        """Return how much memory a process holds with its children, in MiB."""
        place = Path(f"/proc/{self.number(name)}")
        children = " ".join(path.read_text() for path in place.glob("task/*/children")).split()
        return sum(map(_memory_mb, [str(self.number(name)), *children]))

    def log(self, name: str) -> str:
        """Return all that a process has written."""
        return self.log_file(name).read_text()

    def log_file(self, name: str) -> Path:
        """Return where a process writes to."""
        return self.folder / f"{name}.log"

    def mails(self) -> list[str]:
        """Return the mails that were sent, oldest first, each with its headers."""
        files = sorted((self.folder / "mail").glob("*"), key=lambda path: path.stat().st_mtime_ns)
        return [path.read_text() for path in files]

    def keep_platform_key(self) -> None:
        """Give the emptied table the key again with which running processes may yet seal."""
        from workspaces import isolation  # noqa: PLC0415 - Django is set up by now
        from workspaces.models.data_key import PLATFORM, DataKey  # noqa: PLC0415 - likewise
        from workspaces.vault import keyring  # noqa: PLC0415 - likewise

        self._platform_key = self._platform_key or keyring.make(PLATFORM, version=1)
        with isolation.workspace(PLATFORM):
            DataKey.objects.bulk_create([self._platform_key])

    def forget_mails(self) -> None:
        """Remove the mails that were sent."""
        for path in (self.folder / "mail").glob("*"):
            path.unlink()

    def _words(self, name: str) -> list[str]:
        return {
            "web": ["granian", "--interface", "wsgi", "--host", HOST, "--port", str(self.port),
                    "--blocking-threads", "4", "--no-ws", "spojit.wsgi:application"],
            "worker": [*CELERY, "worker", "--pool", "threads", "--concurrency", str(WORKER_THREADS),
                       "--without-gossip", "--without-mingle", "--loglevel", "INFO",
                       "--hostname", f"{name.replace(' ', '-')}@%h"],
            "scheduler": [*CELERY, "beat", "--loglevel", "INFO",
                          "--schedule", str(self.folder / "celerybeat-schedule")],
        }[name.partition(" ")[0]]  # fmt: skip

    def _environment(self) -> dict[str, str]:
        return {
            "PUBLIC_URL": self.url,
            "EMAIL_URL": f"filemail:///{self.folder}/mail",
            "OUTBOUND_ALLOWED_PORTS": ",".join(map(str, self.service_ports)),
        }

    def _wait_until_ready(self, name: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready(name):
            ended = self._running[name].poll() is not None
            if ended or time.monotonic() > deadline:
                pytest.fail(f"The {name} did not start:\n{self.log(name)[-3000:]}")
            time.sleep(0.05)

    def _is_ready(self, name: str) -> bool:
        if name == "web":
            with socket.socket() as probe:
                return probe.connect_ex((HOST, self.port)) == 0
        return name == "scheduler" or " ready." in self.log(name)


def _memory_mb(number: str) -> float:
    """Read VmRSS of proc(5), in kB."""
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    told = dict(line.split(":", 1) for line in lines)
    return int(told["VmRSS"].split()[0]) / 1024


_lives: list[Live] = []


def rest() -> None:
    """Stop what runs: its worker would do the work of tests that do it themselves."""
    for live in _lives:
        live.stop()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let the running installation rest while other tests use its database."""
    if "live_processes" not in getattr(item, "fixturenames", ()):
        rest()


@pytest.fixture(scope="session")
def live_processes(django_db_setup: None) -> Iterator[Live]:
    """Web and worker, for all browser tests of this process."""
    folder = VAR_DIR / f"live {os.getpid()}"
    (folder / "mail").mkdir(parents=True)
    live = Live(folder, *islice(filter(is_free, range(32_000 + os.getpid() % 600, 32_700)), 3))
    _lives.append(live)
    try:
        yield live
    finally:
        live.stop()
        shutil.rmtree(folder)


@pytest.fixture
def live(live_processes: Live, transactional_db: None) -> Live:
    """The running installation: empty but for the catalogue."""
    live_processes.keep_platform_key()
    live_processes.start_what_rests("web", "worker")
    call_command("sync_connectors", verbosity=0)
    live_processes.forget_mails()
    return live_processes
