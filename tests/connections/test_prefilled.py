"""Forms begin with what is sealed: a clear copy that somebody changed moves no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connections import credentials
from connections.models import Credential
from tests import factories
from tests.connections import steps

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers import Server

pytestmark = pytest.mark.django_db

EVIL = "https://evil.example.com"


def change(connection: Connection, **values: object) -> None:
    """Write as somebody with the database in hand does."""
    with factories.scope(connection.workspace):
        Credential.objects.filter(connection=connection).update(**values)


@pytest.fixture
def moved(connection: Connection) -> Connection:
    """Give the clear copy of a connection another host."""
    change(connection, shown={"base_url": EVIL, "test_path": "/me"})
    return connection


@pytest.mark.parametrize("page", ["credential", "added"])
def test_a_new_key_is_asked_for_beside_the_host_that_is_sealed(
    cast: Cast, moved: Connection, server: Server, page: str
) -> None:
    status, text = steps.get(cast.bob, steps.url(moved, page))
    assert (status, EVIL in text) == (200, False)
    assert f'value="{server.url}"' in text


def test_a_duplicate_begins_with_the_host_that_is_sealed(
    cast: Cast, moved: Connection, server: Server
) -> None:
    factories.make_connector("http")
    client = factories.signed_in(cast.bob)
    text = client.get(steps.url(moved, "duplicate"), follow=True).content.decode()
    assert EVIL not in text
    assert f'value="{server.url}"' in text
    assert steps.KEY not in text


def test_what_does_not_open_fills_nothing_in(cast: Cast, moved: Connection) -> None:
    change(moved, sealed=b"v1" + bytes(60))
    status, text = steps.get(cast.bob, steps.url(moved, "credential"))
    assert (status, EVIL in text) == (200, False)


def test_the_values_of_a_version_are_told_without_its_secrets(
    connection: Connection, server: Server
) -> None:
    with factories.scope(connection.workspace):
        current = credentials.current(connection)
        assert current
        found = credentials.public_values(current)
    assert (found["base_url"], found["test_path"]) == (server.url, "/me")
    assert "api_key" not in found
    assert steps.KEY not in found.values()
