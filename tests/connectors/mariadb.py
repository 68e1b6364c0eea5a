"""A real MariaDB on loopback for the tests, in a folder of its own, as an ordinary user."""

from __future__ import annotations

import contextlib
import getpass
import os
import pwd
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pymysql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IS_INSTALLED = shutil.which("mariadbd") is not None
START_SECONDS = 30


@dataclass(frozen=True)
class MariaDb:
    """A running server; `root` signs in by its socket only."""

    port: int
    socket_path: str

    def administer(self, *statements: str) -> None:
        """Run statements as the administrator."""
        user = "root" if os.getuid() == 0 else getpass.getuser()
        with pymysql.connect(unix_socket=self.socket_path, user=user) as connection:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
            connection.commit()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[MariaDb]:
    """Run a server for a while."""
    data, path, port = folder / "data", str(folder / "s"), _free_port()
    as_user = _unprivileged(folder)
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db", *as_user],
        check=True,
        capture_output=True,
        timeout=120,
    )
    server = subprocess.Popen(
        [
            "mariadbd",
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={path}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            f"--pid-file={folder / 'pid'}",
            "--skip-log-bin",
            *as_user,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(path, server)
        yield MariaDb(port, path)
    finally:
        server.terminate()
        server.wait(timeout=30)


def _unprivileged(folder: Path) -> list[str]:
    """MariaDB does not run as root: give the folder to nobody and let it become that."""
    if os.getuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return ["--user=nobody"]


def _wait_for(path: str, server: subprocess.Popen[bytes]) -> None:
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at and server.poll() is None:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(path)
            return
        time.sleep(0.05)
    raise RuntimeError("MariaDB did not start.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
