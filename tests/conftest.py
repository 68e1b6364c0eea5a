"""Brings up the servers before Django reads its settings, and shuts the way outside."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import django
import pytest
from django.conf import settings
from django.db import connections

from tests import database, sockets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.plugin import DjangoDbBlocker

pytest_plugins = ["tests.browser"]

_NAME = pytest.StashKey[str]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Prepare a database and set Django up on it; xdist's controller only makes the template."""
    try:
        database.make_template()
    except RuntimeError as failure:  # FOR THE HOUR: settings and migrations are being written
        sys.stderr.write(f"NO DATABASE: {str(failure).strip().splitlines()[-1]}\n")
        return
    if config.getoption("dist", "no") != "no":
        return
    sockets.shut()
    config.stash[_NAME] = database.prepare(os.environ.get("PYTEST_XDIST_WORKER", "main"))
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Drop the database again."""
    if _NAME in config.stash:
        database.discard(config.stash[_NAME])


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Replace pytest-django's: the database is already there, migrated by the owner's role."""
    yield
    with django_db_blocker.unblock():
        connections.close_all()
