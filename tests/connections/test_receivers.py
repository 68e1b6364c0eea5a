"""What connections leave behind is purged; what they are stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connections import receivers
from connections.models import Call, Check, Connection, Credential, UseCounter
from spojit.lib import clock
from tests.factories import make_cast, make_connection, scope
from workspaces import retention

pytestmark = pytest.mark.django_db

KINDS = ("calls", "checks", "destroyed credentials", "use counters")


def leave_something_behind(connection: Connection, *, days_ago: int) -> None:
    at = clock.now() - timedelta(days=days_ago)
    own = {"workspace": connection.workspace, "connection": connection}
    with scope(connection.workspace):
        Call.objects.create(**own, connector_key="http", tool="request", created_at=at)
        Check.objects.create(
            **own, outcome="ok", status_before="pending", status_after="active", at=at
        )
        UseCounter.objects.create(**own, day=at.date())
        Credential.objects.create(
            **own, version=days_ago, state="destroyed", destroyed_at=at, created_at=at
        )


@pytest.mark.parametrize(
    ("days", "purged"),
    [(29, 0), (31, 1), (91, 2), (366, 3), (401, 4)],
)
def test_each_kind_is_kept_for_its_time(days: int, purged: int) -> None:
    connection = make_connection(make_cast().workspace)
    leave_something_behind(connection, days_ago=days)
    assert sum(retention._purgers[kind](clock.now()) for kind in KINDS) == purged
    with scope(connection.workspace):
        assert Credential.objects.get(state="current").connection_id == connection.pk
        assert Connection.objects.count() == 1


def test_a_removed_connection_belongs_to_nobody_who_leaves() -> None:
    cast = make_cast()
    make_connection(cast.workspace, actor=cast.bob, removed_at=clock.now())
    with scope(cast.workspace):
        assert receivers.held_by(cast.workspace, [cast.bob.pk]) == {}
