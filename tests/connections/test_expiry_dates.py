"""Expiry dates: a new key has its own, and what was said of the old one is over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connections import credentials, expiry
from spojit.lib import clock
from tests import factories
from tests.connections import steps
from workspaces.models import Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers import Server

NEW = "a-key-2222222222"


@pytest.fixture
def server(reach: Callable[..., None]) -> Iterator[Server]:
    with steps.door(steps.KEY, NEW) as running:
        reach(running.port)
        yield running


@pytest.fixture
def connection(cast: Cast, server: Server) -> Connection:
    return steps.connect(cast.workspace, server, name="Shop", actor=cast.bob)


def warned(cast: Cast, connection: Connection, *, days: int = 7) -> None:
    today = clock.now().date()
    credentials.set_expiry(connection, expires_on=today + timedelta(days=days), actor=cast.bob)
    expiry.warn(on=today)


def told(cast: Cast) -> int:
    with factories.scope(cast.workspace):
        return Notice.objects.filter(closed_at=None, key__startswith="expiry:").count()


def test_an_expired_key_is_rotated_without_touching_the_date(
    cast: Cast, connection: Connection, server: Server
) -> None:
    yesterday = clock.now().date() - timedelta(days=1)
    credentials.set_expiry(connection, expires_on=yesterday, actor=cast.bob)
    page = steps.get(cast.bob, steps.url(connection, "credential"))[1]
    assert f'value="{yesterday:%Y-%m-%d}"' not in page


def test_a_date_typed_while_adding_is_still_there_when_it_is_saved_again(
    cast: Cast, server: Server
) -> None:
    day = clock.now().date() + timedelta(days=90)
    connection = factories.make_connection(
        cast.workspace, scheme="api_key", values=steps.http_values(server), actor=cast.bob
    )
    credentials.set_expiry(connection, expires_on=day, actor=cast.bob)
    page = steps.get(cast.bob, steps.url(connection, "added"))[1]
    assert f'value="{day:%Y-%m-%d}"' in page


def test_a_promoted_key_ends_the_warnings_of_the_old_one(
    cast: Cast, connection: Connection
) -> None:
    warned(cast, connection)
    assert told(cast) == 3
    credentials.stage(connection, values={"api_key": NEW}, actor=cast.bob)
    assert told(cast) == 3
    steps.work(connection)
    assert told(cast) == 0


def test_a_later_date_ends_the_warnings_and_is_warned_of_anew(
    cast: Cast, connection: Connection
) -> None:
    warned(cast, connection, days=7)
    today = clock.now().date()
    later = today + timedelta(days=20)
    credentials.set_expiry(connection, expires_on=later, actor=cast.bob)
    assert told(cast) == 0
    expiry.warn(on=later - timedelta(days=7))
    assert told(cast) == 3
