"""Warnings of credentials that expire: each once, to whom it concerns."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connections import (
    credentials,
    expiry,
    tasks,
)
from connections.calls import Use
from connections.models import Connection, Credential
from spojit.lib import clock
from tests import factories
from tests.connections import steps
from workspaces.models import Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast

    Reach = Callable[..., None]

USE = Use("person", name="Bob")
NEW = "a-key-2222222222"


@pytest.mark.parametrize(
    ("days", "warning"), [(-1, None), (0, 1), (1, 1), (2, 7), (7, 7), (8, 30), (30, 30), (31, None)]
)
def test_a_warning_is_due_30_7_and_1_days_ahead(days: int, warning: int | None) -> None:
    today = clock.now().date()
    assert expiry.days_ahead(today + timedelta(days=days), on=today) == warning


def test_each_warning_is_given_once_to_the_owner_and_the_admins(
    cast: Cast, connection: Connection
) -> None:
    day = clock.now().date() + timedelta(days=30)
    credentials.set_expiry(connection, expires_on=day, actor=cast.bob)
    for on in (0, 1, 23, 24, 29, 30, 31):
        expiry.warn(on=clock.now().date() + timedelta(days=on))
    with factories.scope(cast.workspace):
        told = [(notice.user, notice.key[-2:], notice.path) for notice in Notice.objects.all()]
    path = steps.url(connection, "credential")
    people = (cast.alice, cast.adam, cast.bob)
    expected = [(user, key, path) for user in people for key in (":1", ":7", "30")]
    assert sorted(told, key=str) == sorted(expected, key=str)


def test_a_credential_that_was_rotated_away_is_not_warned_of(
    cast: Cast, connection: Connection
) -> None:
    with factories.scope(cast.workspace):
        expiry._tell(Credential.objects.get().connection_id, on=clock.now().date())
        expiry._tell(Credential.objects.get().pk, on=clock.now().date())
        assert not Notice.objects.exists()
    tasks.tidy()
