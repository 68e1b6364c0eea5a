"""The embedded PostgreSQL: its files, its command line, and what a killed one leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spojit.embedded.failures import NotStarted
from spojit.embedded.urls import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spojit.embedded.places import User
    from spojit.embedded.state import State

FOLDER = "postgres"
LONGEST_SOCKET_PATH = 107  # bytes, of sun_path in unix(7)
SETTINGS = {
    "listen_addresses": HOST,
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "log_checkpoints": "off",
    # A statement, or the detail of a failure, may hold what somebody typed: neither is logged.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
FAST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "autovacuum": "off",
}


def create(data: Path, *, programs: Path, user: User, state: State) -> None:
    """Make the database files, all of them or none."""
    fresh, password = data / f"{FOLDER}.new", data / f"{FOLDER}.password"
    _remove(fresh, user)
    user.make_folder(fresh)
    _write_for(user, password, state.passwords["superuser"])
    try:
        _run(user.command([
            str(programs / "initdb"), "-D", str(fresh), "-U", "postgres", "-A", "scram-sha-256",
            "-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--no-instructions", f"--pwfile={password}",
        ]))  # fmt: skip
    finally:
        password.unlink()
    fresh.rename(data / FOLDER)


def _write_for(user: User, path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        if user.drops:
            os.fchown(file.fileno(), user.uid, user.gid)
        file.write(text)


def _remove(folder: Path, user: User) -> None:
    if folder.exists():
        _run(user.command(["/bin/sh", "-c", 'rm -rf "$1"/* "$1"/.[!.]*', "sh", str(folder)]))
        folder.rmdir()


def _run(argv: list[str]) -> None:
    answer = subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/")  # noqa: S603
    if answer.returncode:
        lines = answer.stderr.strip().splitlines() or ["no reason given"]
        raise NotStarted(f"The embedded PostgreSQL could not be set up: {lines[-1]}")


def program(
    data: Path, *, programs: Path, user: User, state: State, settings: Mapping[str, str]
) -> dict[str, Any]:
    """Describe the server for the keeper; SIGINT is PostgreSQL's fast shutdown."""
    sockets = data / f"{FOLDER}.socket"
    user.make_folder(sockets)
    longest = len(os.fsencode(sockets / f".s.PGSQL.{state.postgres_port}"))
    chosen = SETTINGS | {
        "port": str(state.postgres_port),
        "unix_socket_directories": f'"{sockets}"' if longest <= LONGEST_SOCKET_PATH else "",
    }
    options = [part for key, value in (chosen | dict(settings)).items()
               for part in ("-c", f"{key}={value}")]  # fmt: skip
    argv = [str(programs / "postgres"), "-D", str(data / FOLDER), *options]
    return {"argv": user.command(argv, death="INT"), "stdin": "", "stop": "SIGINT"}


def is_ready(data: Path) -> bool:
    """Say whether the server takes connections: line 8 of its pid file, as `pg_ctl` reads it."""
    try:
        lines = (data / FOLDER / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def clean_up(data: Path, *, patience_seconds: float = 20.0) -> None:
    """End a server that lost its keeper, and remove what one that was killed left.

    Its pid file, its socket, and the socket's lock: their number may be another program's by now.
    """
    pid_file = data / FOLDER / "postmaster.pid"
    deadline = time.monotonic() + patience_seconds
    while (process := _server_process(pid_file)) is not None:
        overdue = time.monotonic() > deadline
        _signal(process, signal.SIGQUIT if overdue else signal.SIGINT)
        time.sleep(0.05)
    for left in (pid_file, *(data / f"{FOLDER}.socket").glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)


def _signal(process: int, number: signal.Signals) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return


def _server_process(pid_file: Path) -> int | None:
    """Find the living process of a pid file, unless its number belongs to another program now."""
    try:
        process = int(pid_file.read_text().split("\n", 1)[0])
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return process if os.fsencode(pid_file.parent) in words else None
