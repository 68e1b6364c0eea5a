"""Starting the embedded servers, finding the ones that run, and letting go of them."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from spojit.embedded import keeper, places, postgres, redis, state as states, urls
from spojit.embedded.failures import NotStarted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spojit.embedded.state import State
    from spojit.embedded.urls import Urls

START_SECONDS = 60.0
LOG_FILE = "embedded.log"
LONGEST_LOG_BYTES = 5 * 2**20
PROVISION_VERSION = 1

_held: dict[Path, IO[str]] = {}


def ensure(var_dir: Path, *, settings: Mapping[str, str] | None = None) -> Urls:
    """Start what is not running, and hold it until this process ends or calls `release`.

    Safe from several processes at once. `settings` are PostgreSQL's, for a server that is not
    running yet. Costs about 1 ms when the servers run.

    Raises:
        NotStarted: with one line that says why.
    """
    var_dir = var_dir.resolve()
    make_folder(var_dir)
    with _lock(var_dir, "start"):
        _hold(var_dir)
        state = states.load(var_dir) or _first_state(var_dir)
        if not _keeper_lives(var_dir):
            _start(var_dir, state, settings or {})
        if state.provisioned < PROVISION_VERSION:
            _provision(var_dir, state)
    return urls.of(state)


def running(var_dir: Path) -> Urls | None:
    """Give the URLs of the servers that somebody runs here, or None."""
    var_dir = var_dir.resolve()
    state = states.load(var_dir)
    is_complete = state is not None and state.provisioned >= PROVISION_VERSION
    return urls.of(state) if state and is_complete and _keeper_lives(var_dir) else None


def holds(var_dir: Path) -> bool:
    """Say whether this process holds the servers of this folder."""
    return var_dir.resolve() in _held


def release(var_dir: Path) -> None:
    """Let go: the servers end when nobody else holds them."""
    holder = _held.pop(var_dir.resolve(), None)
    if holder is not None:
        holder.close()


@contextmanager
def servers(var_dir: Path, *, settings: Mapping[str, str] | None = None) -> Iterator[Urls]:
    """Run the servers for the length of a block; after it they have ended, unless others hold."""
    found = ensure(var_dir, settings=settings)
    try:
        yield found
    finally:
        release(var_dir)
        _wait_for_end(var_dir.resolve())


def make_folder(var_dir: Path) -> None:
    """Make the folder, unless it is there, so that the servers' own user may pass through."""
    if not var_dir.exists():
        var_dir.mkdir(parents=True)
        var_dir.chmod(0o711)


@contextmanager
def _lock(var_dir: Path, name: str) -> Iterator[None]:
    with _lock_file(var_dir, name).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _lock_file(var_dir: Path, name: str) -> Path:
    return var_dir / f"embedded.{name}.lock"


def _hold(var_dir: Path) -> None:
    """Take a share of the holders' lock; waits for a keeper that is just stopping."""
    if var_dir not in _held:
        holder = _lock_file(var_dir, "holders").open("a")
        fcntl.flock(holder, fcntl.LOCK_SH)
        _held[var_dir] = holder


def _keeper_lives(var_dir: Path) -> bool:
    return _is_taken(var_dir, "keeper")


def _is_taken(var_dir: Path, name: str) -> bool:
    """Say whether the keeper has this lock for itself: `holders` only while it is stopping."""
    with _lock_file(var_dir, name).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _wait_for_end(var_dir: Path) -> None:
    """Wait until the keeper is gone; give up when it does not begin, as others hold the servers."""
    deadline = time.monotonic() + 0.25
    while _keeper_lives(var_dir):
        if time.monotonic() > deadline and not _is_taken(var_dir, "holders"):
            return
        time.sleep(0.01)


def _first_state(var_dir: Path) -> State:
    state = states.make()
    user = places.server_user(var_dir / postgres.FOLDER)
    state.data = str(places.data_folder(var_dir, user))
    if (Path(state.data) / postgres.FOLDER).exists():
        raise NotStarted(
            f"{var_dir / states.FILE_NAME} is missing, and with it the passwords of the database "
            f"in {Path(state.data) / postgres.FOLDER}: restore the file, or move the folder away."
        )
    states.save(state, var_dir)
    return state


def _start(var_dir: Path, state: State, settings: Mapping[str, str]) -> None:
    data = Path(state.data)
    postgres.clean_up(data)
    user = places.server_user(data / postgres.FOLDER)
    found = places.programs(user)
    if not (data / postgres.FOLDER).exists():
        postgres.create(data, programs=found.postgres, user=user, state=state)
    states.choose_ports(state)
    states.save(state, var_dir)
    _run_keeper(var_dir, [
        postgres.program(data, programs=found.postgres, user=user, state=state, settings=settings),
        redis.program(server=found.redis, user=user, state=state),
    ])  # fmt: skip
    _wait_until_ready(var_dir, state)


def _run_keeper(var_dir: Path, programs: list[dict[str, Any]]) -> None:
    log = var_dir / LOG_FILE
    if log.exists() and log.stat().st_size > LONGEST_LOG_BYTES:
        log.unlink()
    document = {
        "programs": programs,
        "log": str(log),
        "lock": str(_lock_file(var_dir, "keeper")),
        "holders": str(_lock_file(var_dir, "holders")),
    }
    command = [sys.executable, "-I", keeper.__file__, str(var_dir)]  # the folder: for who runs `ps`
    subprocess.run(command, input=json.dumps(document), text=True, check=True, cwd="/")  # noqa: S603


def _wait_until_ready(var_dir: Path, state: State) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not (postgres.is_ready(Path(state.data)) and redis.is_ready(state)):
        if not _keeper_lives(var_dir) or time.monotonic() > deadline:
            raise NotStarted(
                "The embedded servers did not start.",
                hint=f"The last lines of {var_dir / LOG_FILE} say why.",
            )
        time.sleep(0.005)


def _provision(var_dir: Path, state: State) -> None:
    from spojit.embedded import provision  # noqa: PLC0415  # a second start needs no psycopg

    provision.provision(state)
    state.provisioned = PROVISION_VERSION
    states.save(state, var_dir)
