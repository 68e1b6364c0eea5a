"""`manage.py up` from an empty folder: it starts, stops, and gets over being killed."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spojit.embedded import state as states
from spojit.embedded.state import is_free
from tests.database import BASE_DIR, FIXED, VAR_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

SET_BY_TESTS = {*FIXED, "DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL",
                "DEMO_DATABASE_URL", "DEMO_REDIS_URL"}  # fmt: skip
END_SECONDS = 30


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """An empty folder for a trial, with a space in its name."""
    path = VAR_DIR / f"an up {os.getpid()}"
    yield path
    wait_until_nothing_is_left(path)
    data = states.load(path)
    shutil.rmtree(path)
    if data and Path(data.data) != path:
        shutil.rmtree(data.data)


@pytest.fixture
def port() -> int:
    first = 32_700 + os.getpid() % 50
    return next(port for port in range(first, 32_768) if is_free(port))


@contextmanager
def up(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    environment = {key: value for key, value in os.environ.items() if key not in SET_BY_TESTS}
    with subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=BASE_DIR,
        env=environment | {"VAR_DIR": str(folder), "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], start: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if line.startswith(start):
            return lines
    raise AssertionError("it ended early:\n" + "\n".join(lines))


def all_output(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.read()


def get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def processes_of(folder: Path) -> list[str]:
    """Find the processes of this trial: its folder is in their command line or environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in words:
                found.append(entry.name)
    return found


def wait_until_nothing_is_left(folder: Path) -> None:
    deadline = time.monotonic() + END_SECONDS
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(folder) == []


def test_it_prints_a_log_in_survives_a_kill_and_stops_by_ctrl_c(folder: Path, port: int) -> None:
    with up(folder, port) as process:
        lines = read_until(process, "Ready: ")
        assert f"Demo workspace: http://127.0.0.1:{port}/w/demo/connections/" in lines
        paths = ("/healthz", "/readyz", "/accounts/login/")
        assert [get(port, path) for path in paths] == [200, 200, 200]
        process.kill()
    wait_until_nothing_is_left(folder)
    with up(folder, port) as process:
        read_until(process, "Ready: ")
        with up(folder, port) as second:
            assert f"Spojit already runs on {folder}: stop it first." in all_output(second)
            assert second.wait() == 1
        process.send_signal(signal.SIGINT)
        assert all_output(process).splitlines()[-1] == "Stopped. The data is kept."
        assert process.wait() == 0
    wait_until_nothing_is_left(folder)
    for name in ("root-keys", "secret-key", "embedded.json"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_a_taken_port_is_said_in_one_line(folder: Path, port: int) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with up(folder, port) as process:
            assert all_output(process) == (
                f"CommandError: Cannot listen on 127.0.0.1:{port} (Address already in use): "
                "free it, or set PORT or HOST to another one.\n"
            )
            assert process.wait() == 1
