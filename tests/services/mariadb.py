"""A MariaDB of our own, on files made for the occasion, with TLS and users who may do little."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql
import pytest

from spojit.embedded.places import User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Authority

NAME = "mariadb.test"
MISSING = (
    "These tests need MariaDB's server: `sudo apt-get install mariadb-server`, or `make test`."
)
PATIENCE_SECONDS = 30.0
USERS = """
CREATE DATABASE shop;
CREATE TABLE shop.customers (id INT PRIMARY KEY, name VARCHAR(80), balance DECIMAL(9, 2));
INSERT INTO shop.customers VALUES (1, 'Ada', 12.50), (2, 'Grace', 3.00);
CREATE USER writer@'%' IDENTIFIED BY '{password}';
GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO writer@'%';
CREATE USER reader@'%' IDENTIFIED BY '{password}';
GRANT SELECT ON shop.* TO reader@'%';
CREATE USER strict@'%' IDENTIFIED BY '{password}' REQUIRE SSL;
GRANT SELECT ON shop.* TO strict@'%'
"""


@dataclass(frozen=True)
class MariaDb:
    """A running server. `writer` and `reader` may sign in anyhow, `strict` only by TLS.

    Attributes:
        name: what its certificate is for; `authority` signed it.
        password: of all three users.
    """

    port: int
    authority: Authority
    password: str = field(repr=False)
    name: str = NAME
    host: str = "127.0.0.1"


@contextmanager
def mariadb(authority: Authority) -> Iterator[MariaDb]:
    """Run a server on a free port of loopback."""
    server, installer = _program("mariadbd"), _program("mariadb-install-db")
    folder = Path(tempfile.mkdtemp(prefix="spojit-mariadb-"))
    user = _user()
    try:
        yield from _running(server, installer, folder, user, authority)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _running(
    server: str, installer: str, folder: Path, user: User, authority: Authority
) -> Iterator[MariaDb]:
    _own(folder, user)
    data, certificate = folder / "data", folder / "certificate.pem"
    shutil.copy(authority.issue_file(NAME, "localhost"), certificate)
    _own(certificate, user)
    _install(installer, data, user)
    port, password = _free_port(), secrets.token_hex(12)
    options = [
        f"--datadir={data}",
        f"--socket={folder / 'socket'}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        f"--ssl-cert={certificate}",
        f"--ssl-key={certificate}",
        "--skip-log-bin",
        "--skip-name-resolve",
        "--innodb-buffer-pool-size=8M",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-log-file-size=4M",
        "--performance-schema=off",
    ]
    process = subprocess.Popen(
        user.command([server, "--no-defaults", *options], death="KILL"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    try:
        _make_users(process, folder / "socket", user, password)
        yield MariaDb(port, authority, password)
    finally:
        process.kill()
        process.wait()


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.fail(MISSING, pytrace=False)
    return found


def _user() -> User:
    """Choose who runs it: ourselves, or for root the package's own user."""
    if os.geteuid() != 0:
        return User(os.geteuid(), os.getegid(), drops=False)
    entry = pwd.getpwnam("mysql")
    return User(entry.pw_uid, entry.pw_gid, drops=True)


def _own(path: Path, user: User) -> None:
    if user.drops:
        os.chown(path, user.uid, user.gid)


def _install(installer: str, data: Path, user: User) -> None:
    argv = [installer, "--no-defaults", f"--datadir={data}", "--skip-test-db",
            "--auth-root-authentication-method=normal", "--skip-name-resolve",
            "--innodb-log-file-size=4M"]  # fmt: skip
    answer = subprocess.run(
        user.command(argv), capture_output=True, text=True, check=False, cwd="/"
    )
    if answer.returncode:
        last = (answer.stderr.strip() or answer.stdout.strip() or "no reason given").splitlines()[
            -1
        ]
        pytest.fail(f"MariaDB could not be set up: {last}", pytrace=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_users(process: subprocess.Popen[bytes], path: Path, user: User, password: str) -> None:
    connection = _administrator(process, path)
    with connection, connection.cursor() as cursor:
        for command in USERS.format(password=password).split(";\n"):
            cursor.execute(command)
        cursor.execute("SET PASSWORD = PASSWORD(%s)", [secrets.token_hex(12)])


def _administrator(
    process: subprocess.Popen[bytes], path: Path
) -> pymysql.Connection[pymysql.cursors.Cursor]:
    """Wait until root may sign in, by the socket: before that the server is not there yet."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _listens(path):
            return pymysql.connect(unix_socket=str(path), user="root")
        time.sleep(0.05)
    pytest.fail("MariaDB did not come up: start it by hand to see why.", pytrace=False)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
