"""The code becomes tokens, once, and then the service says whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.connections import steps
from tests.connections.connecting import journey

if TYPE_CHECKING:
    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers.oidc import AuthorizationServer


def test_a_person_who_agrees_comes_back_to_a_verified_connection(
    cast: Cast, unauthorized: Connection, service: AuthorizationServer
) -> None:
    connection = journey.go(unauthorized, service, cast.bob, scopes=["write"])
    assert (connection.status, connection.account_name) == ("active", "alice")
    row = journey.version(connection)
    assert (row.version, row.revision, row.created_by_name) == (1, 1, "Bob")
    assert (row.asked_scopes, row.granted_scopes) == (["read", "write"], ["read", "write"])
    assert (row.app_client_id, row.refresh_place) == ("spojit", service.place)
    assert row.refresh_due_at is not None
    assert steps.checks(connection) == [
        ("authorization", "ok", "pending"),
        ("verification", "ok", "active"),
    ]
