"""What connections leave behind is purged; what they are stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connections import lifecycle, receivers
from connections.models import Call, Check, Connection, Credential, UseCounter
from spojit.lib import clock
from tests.factories import make_cast, make_connection, scope
from workspaces import retention

if TYPE_CHECKING:
    from tests.factories import Cast

pytestmark = pytest.mark.django_db

KINDS = ("calls", "checks", "destroyed credentials", "use counters", "revocations")


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


def test_what_acts_as_a_person_is_theirs_too_whoever_owns_it(
    cast: Cast, granted: Connection
) -> None:
    lifecycle.hand_over(granted, to=cast.alice, actor=cast.adam)
    with scope(cast.workspace):
        Credential.objects.update(created_by_id=cast.bob.pk)
        found = receivers.held_by(cast.workspace, [cast.alice.pk, cast.bob.pk])
    held = {user: [(row.name, row.acts_as_person) for row in rows] for user, rows in found.items()}
    assert held == {cast.alice.pk: [("Shop", False)], cast.bob.pk: [("Shop", True)]}


def test_a_key_that_somebody_entered_acts_as_nobody(cast: Cast) -> None:
    make_connection(cast.workspace, connector_key="github", name="Code", actor=cast.bob)
    with scope(cast.workspace):
        found = receivers.held_by(cast.workspace, [cast.bob.pk])
    assert [row.acts_as_person for row in found[cast.bob.pk]] == [False]
