"""Brings up the servers before Django reads its settings, and shuts the way outside."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import django
import hypothesis
import pytest
import redis
from django.conf import settings
from django.db import connections

from spojit.lib import redaction
from tests import database, sockets, together
from tests.proofs.sizes import LEFT, LEFT_TO_SOAK, sized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.plugin import DjangoDbBlocker
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["tests.browser.chromium", "tests.live"]

_NAME = pytest.StashKey[str]()

hypothesis.settings.register_profile("sized", max_examples=int(sized(30, 100)), deadline=None)
hypothesis.settings.load_profile("sized")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Prepare a database and set Django up on it; xdist's controller only makes the template."""
    if settings.configured:
        raise pytest.UsageError("Unset DJANGO_SETTINGS_MODULE: tests make a database of their own.")
    if config.getoption("dist", "no") != "no":
        # Importing our Celery sets it, and a worker that inherits it reads the settings too early.
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
        database.make_template()
        return
    sockets.shut()
    config.stash[_NAME] = database.prepare(os.environ.get("PYTEST_XDIST_WORKER", "main"))
    settings.WHITENOISE_AUTOREFRESH = True  # else each test client lists all static files anew
    django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Drop the database again."""
    if _NAME in config.stash:
        database.discard(config.stash[_NAME])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the longest tests to `make soak`, and begin with the longest of the others."""
    together.sort(items)
    for item in items:
        if item.nodeid.startswith(LEFT):
            item.add_marker(pytest.mark.soak)
            item.add_marker(LEFT_TO_SOAK)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Keep in one process what shares something costly; `loadgroup` needs an older pytest."""
    return together.Together(config, log)


@pytest.fixture(scope="session")
def _store() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture(autouse=True)
def _empty_redis(_store: redis.Redis) -> None:
    """Forget what the test before left: cache, rate limits; a running worker keeps its queues."""
    for key in _store.scan_iter():
        if not key.startswith((b"_kombu", b"unacked")):
            _store.delete(key)


@pytest.fixture(autouse=True)
def _forget_secrets() -> None:
    """Mask no longer what the test before registered outside of any scope."""
    redaction._current.set(redaction._process)


@pytest.fixture(autouse=True)
def _forget_data_keys() -> None:
    """Drop the unwrapped data keys of the test before: their rows may be gone."""
    from workspaces.vault import keyring  # noqa: PLC0415 - Django is set up by now

    keyring.forget()


@pytest.fixture(autouse=True)
def _forget_pace() -> None:
    """Take deliveries again from whoever sent too many in the test before."""
    from connections.inbound import pace  # noqa: PLC0415 - Django is set up by now

    pace.forget()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Replace pytest-django's: the database is already there, migrated by the owner's role."""
    yield
    with django_db_blocker.unblock():
        connections.close_all()
