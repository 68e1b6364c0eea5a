"""Who asks too often is told when to try again, and nothing more is done."""

from __future__ import annotations

from typing import Any

import pytest

from connections import tries, verification
from connections.models import Call, Connection, Credential
from connections.views import pace
from spojit.lib import clock
from spojit.lib.limits import TooMany
from tests.factories import make_cast, make_connection, make_connector, scope, signed_in
from workspaces.models import AuditEvent

pytestmark = pytest.mark.django_db
MOMENT = clock.now()


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock, so that no minute ends in the middle of a test."""
    monkeypatch.setattr(clock, "now", lambda: MOMENT)


def test_a_connection_is_verified_by_hand_at_most_ten_times_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("connections.verification.due.MOST_A_MINUTE", 2)
    cast = make_cast()
    connection = make_connection(cast.workspace, actor=cast.bob)
    for _ in range(2):
        verification.request(connection, actor=cast.bob)
    page = f"/w/{cast.workspace.slug}/connections/{connection.pk}/"
    answer = signed_in(cast.bob).post(f"{page}verification/", follow=True)
    assert "This was asked too often." in answer.content.decode()
    with scope(cast.workspace):
        asked = AuditEvent.objects.filter(act="connection.verification_requested")
        assert asked.count() == 2


def test_a_person_tries_at_most_sixty_tools_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "MOST_A_MINUTE", 1)
    cast = make_cast()
    make_connector("text")
    asked: dict[str, Any] = {"connector_key": "text", "connection": None, "tool": "change_case"}
    arguments = {"text": "a", "to": "upper"}
    tries.request(cast.workspace, **asked, arguments=arguments, actor=cast.bob)
    with pytest.raises(TooMany):
        tries.request(cast.workspace, **asked, arguments=arguments, actor=cast.bob)
    with scope(cast.workspace):
        assert Call.objects.count() == 1


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Connection:
    """Bob's connection, at a time when he entered credentials as often as he may."""
    cast = make_cast()
    found = make_connection(cast.workspace, name="Shop", actor=cast.bob)
    monkeypatch.setattr(pace, "MOST_A_MINUTE", 0)
    return found


@pytest.mark.parametrize("name", ["credential", "added"])
def test_new_versions_are_entered_at_most_so_often(connection: Connection, name: str) -> None:
    page = f"/w/{connection.workspace.slug}/connections/{connection.pk}/{name}/"
    typed = {"value-base_url": "https://typed.example.com"}
    assert connection.owner is not None
    answer = signed_in(connection.owner).post(page, typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "This was asked too often. Try again in" in text
    assert 'value="https://typed.example.com"' in text
    with scope(connection.workspace):
        assert Credential.objects.count() == 1


def test_connections_are_added_at_most_so_often(connection: Connection) -> None:
    page = f"/w/{connection.workspace.slug}/connections/new/http/?scheme=none"
    typed = {"name": "Another", "value-base_url": "https://typed.example.com"}
    assert connection.owner is not None
    answer = signed_in(connection.owner).post(page, typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "This was asked too often. Try again in" in text
    assert 'value="https://typed.example.com"' in text
    with scope(connection.workspace):
        assert Connection.objects.count() == 1


def test_thirty_a_minute_is_the_limit() -> None:
    assert pace.MOST_A_MINUTE == 30
