"""PostgreSQL and Redis for the tests: one cluster that is kept, one database for each worker.

The owner role migrates a template once for each state of the migrations; a worker copies it in a
tenth of a second, and the app's role runs the tests in the copy.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

from spojit import embedded
from spojit.embedded import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var" / "tests"
REDIS_DATABASES = range(1, 64)
FIXED = {
    "DJANGO_SETTINGS_MODULE": "tests.settings",
    "TRIAL": "true",
    "VAR_DIR": str(VAR_DIR),
    "PUBLIC_URL": "http://testserver",
    "REFUSE_UNSCOPED_QUERIES": "true",
    "LOG_JSON": "true",
    "SECRET_KEY": "tests " * 10,
    # Fixed, because the template database holds what was sealed with it.
    "ROOT_KEYS": "tests:" + base64.b64encode(bytes(range(32))).decode(),
    "DATABASE_POOL_SIZE": "30",
}
# What the app's role may do here and nowhere else: pytest-django empties tables between tests.
TEST_RIGHTS = "GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO spojit_app"

_slots: list[IO[str]] = []


def make_template() -> str:
    """Make the template of this state of the migrations, unless it is there; return its name."""
    urls = embedded.ensure(VAR_DIR, settings=postgres.FAST_SETTINGS)
    with _template_lock():
        return _the_template(urls)


def prepare(worker: str) -> str:
    """Make a database for this worker, point the environment at it, and return its name."""
    urls = embedded.ensure(VAR_DIR, settings=postgres.FAST_SETTINGS)
    name = f"test_{os.getpid()}_{worker}"
    with _template_lock():  # without a gap: others drop the templates of other migrations
        _copy(urls, template=_the_template(urls), name=name)
    os.environ.update(_environment(urls, name))
    os.environ["REDIS_URL"] = _in(urls.redis_url, str(_free_redis_database(urls)))
    return name


def _the_template(urls: embedded.Urls) -> str:
    template = f"template_{_fingerprint()}"
    _drop_forgotten(urls, current=template)
    if template not in _databases(urls):
        _make_template(urls, template)
    return template


@contextmanager
def _template_lock() -> Iterator[None]:
    with (VAR_DIR / "template.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def discard(name: str) -> None:
    """Drop a worker's database and let go of the servers."""
    urls = embedded.running(VAR_DIR)
    if urls is not None:
        _drop(urls, name)
    embedded.release(VAR_DIR)


def _environment(urls: embedded.Urls, name: str) -> dict[str, str]:
    return FIXED | {
        "DATABASE_URL": _in(urls.database_url, name),
        "MIGRATION_DATABASE_URL": _in(urls.migration_database_url, name),
        "REDIS_URL": urls.redis_url,
        "DEMO_DATABASE_URL": urls.demo_database_url,
        "DEMO_REDIS_URL": urls.demo_redis_url,
    }


def _in(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(_shapes_the_schema()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _shapes_the_schema() -> Iterator[Path]:
    yield from BASE_DIR.glob("*/migrations/*.py")
    yield from (BASE_DIR / "requirements.txt", BASE_DIR / "workspaces" / "isolation.py")
    yield from (BASE_DIR / "spojit" / "settings.py", Path(__file__))


def _make_template(urls: embedded.Urls, name: str) -> None:
    unfinished = f"un{name}"
    _drop(urls, unfinished)
    _copy(urls, template=embedded.DATABASE, name=unfinished)  # empty, with the app's rights
    _migrate(urls, unfinished)
    with psycopg.connect(urls.superuser_database_url, dbname=unfinished) as connection:
        connection.execute(TEST_RIGHTS)
    _rename(urls, unfinished, name)


def _migrate(urls: embedded.Urls, name: str) -> None:
    environment = os.environ | _environment(urls, name)
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    answer = subprocess.run(
        command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise RuntimeError(f"The migrations of the test database failed:\n{answer.stderr}")


def _databases(urls: embedded.Urls) -> set[str]:
    with _superuser(urls) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def _copy(urls: embedded.Urls, *, template: str, name: str) -> None:
    with _superuser(urls) as connection:
        for command in (
            "CREATE DATABASE {name} TEMPLATE {template} OWNER spojit_owner STRATEGY file_copy",
            "REVOKE ALL ON DATABASE {name} FROM PUBLIC",
            "GRANT CONNECT ON DATABASE {name} TO spojit_app",
        ):
            names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
            connection.execute(sql.SQL(command).format(**names))


def _rename(urls: embedded.Urls, old: str, new: str) -> None:
    command = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with _superuser(urls) as connection:
        connection.execute(command.format(sql.Identifier(old), sql.Identifier(new)))


def _drop(urls: embedded.Urls, name: str) -> None:
    command = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    with _superuser(urls) as connection:
        connection.execute(command.format(sql.Identifier(name)))


def _drop_forgotten(urls: embedded.Urls, *, current: str) -> None:
    """Drop the databases of test processes that were killed, and templates of old migrations."""
    for name in _databases(urls):
        kind, _, rest = name.partition("_")
        process = rest.partition("_")[0]
        is_orphan = kind == "test" and not Path(f"/proc/{process}").exists()
        if is_orphan or (kind == "template" and name != current):
            _drop(urls, name)


def _superuser(urls: embedded.Urls) -> psycopg.Connection:
    return psycopg.connect(urls.superuser_database_url, autocommit=True)


def _free_redis_database(urls: embedded.Urls) -> int:
    """Claim a Redis database for as long as this process lives, and empty it."""
    for number in REDIS_DATABASES:
        slot = (VAR_DIR / f"redis-{number}.lock").open("a")
        try:
            fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            slot.close()
            continue
        _slots.append(slot)
        with redis.Redis.from_url(_in(urls.redis_url, str(number))) as client:
            client.flushdb()
        return number
    raise RuntimeError("All Redis databases for tests are taken.")
