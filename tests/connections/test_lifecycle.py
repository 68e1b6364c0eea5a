"""Created, listened to, removed: what a connection's life leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError

from connections import (
    calls,
    lifecycle,
    signals,
    usage,
    verification,
)
from connections.calls import Use
from connections.models import Call, Connection, Credential
from connectors.fields import InvalidValues
from connectors.manifest.connector import UnknownScheme
from connectors.registry import UnknownConnector
from tests import factories
from tests.connections import steps
from workspaces import isolation
from workspaces.models import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.outcomes import Outcome
    from tests.factories import Cast
    from tests.servers import Server

    Reach = Callable[..., None]

USE = Use("person", name="Bob")
NEW = "a-key-2222222222"


def call(connection: Connection, tool: str = "get", **arguments: Any) -> Outcome:
    return calls.call(connection, tool=tool, arguments={"path": "/x"} | arguments, use=USE)


def create(cast: Cast, **changes: Any) -> Connection:
    factories.make_connector("http")
    given: dict[str, Any] = {
        "connector_key": "http",
        "scheme": "none",
        "name": "Shop",
        "values": {"base_url": "https://api.example.com"},
        "actor": cast.bob,
    }
    return lifecycle.create(cast.workspace, **given | changes)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"connector_key": "nonsense"}, UnknownConnector),
        ({"scheme": "nonsense"}, UnknownScheme),
        ({"connector_key": "github", "scheme": "api_key"}, lifecycle.ConnectorUnavailable),
        ({"name": " "}, lifecycle.NameMissing),
        ({"values": {}}, InvalidValues),
        ({"values": {"base_url": "https://ada:secret@example.com"}}, InvalidValues),
    ],
)
def test_what_cannot_be_created_leaves_nothing(
    cast: Cast, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        create(cast, **changes)
    with factories.scope(cast.workspace):
        assert not Connection.objects.exists()
        assert not Credential.objects.exists()


def test_names_are_unique_in_a_workspace_but_not_across(cast: Cast) -> None:
    create(cast)
    with pytest.raises(lifecycle.NameTaken):
        create(cast, name=" SHOP ")
    factories.make_connection(cast.next_door, name="Shop")


def test_a_stable_key_is_made_from_the_name_and_unique(cast: Cast) -> None:
    keys = [create(cast, name=name).stable_key for name in ("My shop!", "My shop?", "…")]
    assert keys == ["my_shop", "my_shop_2", "connection"]


def test_a_removed_name_is_free_again(cast: Cast) -> None:
    lifecycle.remove(create(cast), actor=cast.bob)
    assert create(cast).stable_key == "shop_2"


def test_other_faults_of_the_database_are_not_taken_for_a_taken_name(cast: Cast) -> None:
    connection = create(cast)
    with (
        pytest.raises(IntegrityError, match="connection_status_known"),
        factories.scope(cast.workspace),
        lifecycle._unique_name(),
    ):
        Connection.objects.filter(pk=connection.pk).update(status="nonsense")


def test_who_listens_hears_of_changes_and_removal(
    cast: Cast, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, ...]] = []
    monkeypatch.setattr(signals, "_status", [])
    monkeypatch.setattr(signals, "_removal", [])
    signals.on_status_changed(lambda row, before, after: heard.append((row.name, before, after)))
    signals.on_removed(lambda row, actor: heard.append((row.name, actor.name)))
    connection = steps.connect(cast.workspace, server, name="Shop", actor=cast.bob)
    verification.verify(connection)
    lifecycle.remove(connection, actor=cast.adam)
    lifecycle.remove(connection, actor=cast.adam)
    assert heard == [("Shop", "pending", "active"), ("Shop", "Adam")]


def test_places_that_use_connections_register(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "_finders", [])
    monkeypatch.setattr(usage, "_counts", [])
    usage.register(find=lambda _row: [], count=lambda ids: dict.fromkeys(ids, 1))
    usage.register(find=lambda _row: [], count=lambda ids: dict.fromkeys(ids, 2))
    assert usage.references(connection) == []
    assert usage.counts([connection.pk]) == {connection.pk: 3}


def test_removal_keeps_the_name_only(cast: Cast, connection: Connection) -> None:
    with factories.scope(cast.workspace):
        Call.objects.create(
            workspace=cast.workspace,
            connection=connection,
            connector_key="http",
            tool="get",
            actor_name="Bob",
            arguments_sealed=b"sealed",
            shown={"a": 1},
            detail="Something",
        )
    lifecycle.remove(connection, actor=cast.bob)
    with factories.scope(cast.workspace):
        row = Call.objects.get()
        events = list(
            AuditEvent.objects.filter(subject_id=connection.pk).values_list("act", flat=True)
        )
        sealed = Credential.objects.exclude(sealed=None)
        assert (row.shown, row.arguments_sealed, row.detail) == (None, None, "")
        assert not sealed.exists()
    assert events.count("connection.removed") == 1


def test_rows_show_what_they_are(cast: Cast, connection: Connection) -> None:
    call(connection)
    with factories.scope(cast.workspace):
        rows = [*connection.checks.all(), *Credential.objects.all()]
        assert [str(row) for row in rows] == ["verification: ok", "version 1"]
        assert str(connection) == "Shop"


def test_scopes_wall_one_workspace_from_another(cast: Cast, connection: Connection) -> None:
    with isolation.workspace(cast.next_door):
        assert not Connection.objects.filter(pk=connection.pk).exists()
