"""The embedded servers: who may do what, who keeps them alive, and what a kill leaves behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis

from spojit import embedded
from spojit.embedded import places, postgres, state as states
from tests.database import VAR_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLD = """
import sys, time
from pathlib import Path
from spojit import embedded
embedded.ensure(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A trial's folder, with a space in its name, whose servers ran once."""
    path = VAR_DIR / f"a trial {os.getpid()}"
    with embedded.servers(path, settings=postgres.FAST_SETTINGS):
        pass
    yield path
    data = states.load(path)
    shutil.rmtree(path)
    if data and Path(data.data) != path:
        shutil.rmtree(data.data)


@pytest.fixture
def urls(folder: Path) -> Iterator[embedded.Urls]:
    with embedded.servers(folder, settings=postgres.FAST_SETTINGS) as found:
        yield found


def processes_of(folder: Path) -> dict[int, str]:
    """Find the living processes that name this folder, by number, with their command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if str(folder) in words:
                found[int(entry.name)] = words
    return found


def wait_until_ended(folder: Path) -> None:
    deadline = time.monotonic() + 20
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_of(folder) == {}
    assert embedded.running(folder) is None


@contextmanager
def held_elsewhere(folder: Path) -> Iterator[None]:
    """Let another process hold the servers; at the end it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            yield
        finally:
            holder.kill()


def test_the_app_role_owns_nothing_and_cannot_make_a_table(urls: embedded.Urls) -> None:
    with psycopg.connect(urls.database_url, autocommit=True) as connection:
        rights = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
        assert rights == ("spojit_app", False, False, False, False)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id integer)")


def test_the_demo_role_reads_its_own_database_and_writes_only_what_arrives(
    urls: embedded.Urls,
) -> None:
    with psycopg.connect(urls.demo_database_url, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (3,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM customers")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM incoming")
        connection.execute(
            "INSERT INTO incoming (reference, customer, total_cents) VALUES ('a', 'b', 1)"
        )


@pytest.mark.parametrize("database", ["spojit", "postgres", "template1"])
def test_the_demo_role_enters_no_other_database(urls: embedded.Urls, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(urls.demo_database_url, dbname=database)


def test_the_demo_redis_user_sees_only_its_own_keys(urls: embedded.Urls) -> None:
    with redis.Redis.from_url(urls.demo_redis_url) as client:
        assert client.set("demo:greeting", "hello") is True
        assert client.get("demo:greeting") == b"hello"
        assert client.execute_command("ACL", "WHOAMI") == b"demo"


@pytest.mark.parametrize(
    "command",
    ["GET session", "SET other 1", "FLUSHALL", "FLUSHDB", "KEYS *", "SCAN 0", "CONFIG GET *",
     "EVAL return 0", "SELECT 1", "ACL LIST", "SUBSCRIBE news", "DEBUG SLEEP 0", "SHUTDOWN"],
)  # fmt: skip
def test_the_demo_redis_user_is_refused(urls: embedded.Urls, command: str) -> None:
    with (
        redis.Redis.from_url(urls.demo_redis_url) as client,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        client.execute_command(*command.split())


def test_redis_refuses_who_has_no_password(urls: embedded.Urls) -> None:
    address = urls.redis_url.rpartition("@")[2]
    with (
        redis.Redis.from_url(f"redis://{address}") as client,
        pytest.raises(redis.exceptions.AuthenticationError),
    ):
        client.ping()


def test_passwords_are_in_one_private_file_and_in_no_command_line(
    folder: Path, urls: embedded.Urls
) -> None:
    state = states.load(folder)
    assert state is not None
    assert stat.S_IMODE((folder / states.FILE_NAME).stat().st_mode) == 0o600
    commands = " ".join(processes_of(folder).values())
    assert [word for word in state.passwords.values() if word in commands] == []
    assert repr(urls).startswith("<spojit.embedded.urls.Urls object")


def test_they_listen_on_loopback_only(folder: Path, urls: embedded.Urls) -> None:
    state = states.load(folder)
    assert state is not None
    own = socket.gethostbyname(socket.gethostname())
    if not own.startswith("127."):
        pytest.fail("Give this machine a loopback name in /etc/hosts.")
    with psycopg.connect(urls.superuser_database_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)


def test_they_end_with_their_last_holder(folder: Path) -> None:
    with embedded.servers(folder, settings=postgres.FAST_SETTINGS) as found:
        stack = ExitStack()
        stack.enter_context(held_elsewhere(folder))
    with stack:
        assert embedded.running(folder) == found
    wait_until_ended(folder)


def test_they_end_when_their_only_holder_is_killed_and_keep_the_data(folder: Path) -> None:
    with held_elsewhere(folder):
        found = embedded.running(folder)
        assert found is not None
        with psycopg.connect(found.migration_database_url, autocommit=True) as owner:
            owner.execute("DROP TABLE IF EXISTS kept")
            owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    wait_until_ended(folder)
    with embedded.servers(folder) as again, psycopg.connect(again.migration_database_url) as owner:
        assert again == found
        assert owner.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_they_end_when_their_keeper_is_killed_and_start_again(folder: Path) -> None:
    with held_elsewhere(folder):
        keepers = [number for number in processes_of(folder) if is_keeper(number)]
        assert len(keepers) == 1
        os.kill(keepers[0], signal.SIGKILL)
        while not has_ended(keepers[0]):  # until then it holds its lock
            time.sleep(0.01)
    with embedded.servers(folder) as found, psycopg.connect(found.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    wait_until_ended(folder)


def has_ended(number: int) -> bool:
    try:
        status = Path(f"/proc/{number}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return status.rpartition(")")[2].split()[0] in "ZX"


def is_keeper(number: int) -> bool:
    return b"keeper.py" in Path(f"/proc/{number}/cmdline").read_bytes()


def test_a_killed_postgres_takes_redis_along_and_starts_again(folder: Path) -> None:
    with embedded.servers(folder) as found:
        state = states.load(folder)
        assert state is not None
        pid_file = Path(state.data) / "postgres" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
        wait_until_ended(folder)
        assert pid_file.exists()
        assert embedded.ensure(folder) == found
        with psycopg.connect(found.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_pid_file_of_a_number_that_is_used_again_is_removed(folder: Path) -> None:
    state = states.load(folder)
    assert state is not None
    pid_file = Path(state.data) / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n")
    with embedded.servers(folder) as found, psycopg.connect(found.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_socket_of_a_number_that_is_used_again_is_removed(folder: Path) -> None:
    state = states.load(folder)
    assert state is not None
    data = Path(state.data)
    user = places.server_user(data / "postgres")  # PostgreSQL passes over other users' numbers
    with subprocess.Popen(user.command(["/bin/sleep", "60"])) as other:
        lock = data / "postgres.socket" / f".s.PGSQL.{state.postgres_port}.lock"
        lock.write_text(f"{other.pid}\n")
        with embedded.servers(folder) as found, psycopg.connect(found.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        other.kill()


def test_another_port_is_taken_when_the_remembered_one_is_not_free(folder: Path) -> None:
    state = states.load(folder)
    assert state is not None
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", state.postgres_port))
        squatter.listen()
        with embedded.servers(folder) as found:
            assert f":{state.postgres_port}/" not in found.database_url
            assert f":{state.redis_port}/" in found.redis_url


def test_processes_that_start_at_once_share_the_servers(folder: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(folder)]
    with ExitStack() as stack:
        holders = [
            stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            for _ in range(4)
        ]
        assert [holder.stdout and holder.stdout.readline() for holder in holders] == ["held\n"] * 4
        assert sum(is_keeper(number) for number in processes_of(folder)) == 1
        for holder in holders:
            holder.kill()
    wait_until_ended(folder)


def test_a_second_start_takes_less_than_a_second(folder: Path) -> None:
    before = time.monotonic()
    with embedded.servers(folder):
        assert time.monotonic() - before < 1.0


def test_a_lost_state_file_is_said_and_nothing_is_made_anew(folder: Path) -> None:
    kept = folder / states.FILE_NAME
    away = kept.rename(folder / "away.json")
    with pytest.raises(embedded.NotStarted, match=r"embedded\.json is missing"):
        embedded.ensure(folder)
    embedded.release(folder)
    assert not kept.exists()
    away.rename(kept)
