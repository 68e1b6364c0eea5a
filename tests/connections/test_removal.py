"""Removal: history keeps the name only, in every column of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connections import calls, credentials, expiry, lifecycle
from connections.calls import Use
from connections.models import Call, Check, Connection, Credential, UseCounter
from connectors.outcomes import Outcome
from spojit.lib import clock
from tests import factories
from tests.connections import steps
from workspaces.models import Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db import models

    from tests.factories import Cast
    from tests.servers import Authority

USE = Use("person", name="Bob")
TELLING = ("github.test", "octocat", "hubot")


@pytest.fixture
def connection(
    cast: Cast, authority: Authority, reach: Callable[..., None]
) -> Iterator[Connection]:
    with steps.github(authority) as server:
        reach(server.port)
        yield steps.connect_github(cast.workspace, server, name="Code", actor=cast.bob)


def columns(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def soil(connection: Connection) -> None:
    """Leave what connections leave in columns of every kind."""
    calls.call(connection, tool="request", arguments={"path": "/user"}, use=USE)
    told = "octocat on github.test"
    with factories.scope(connection.workspace):
        Connection.objects.update(
            reason_detail=told,
            environment="live",
            found_account_id="2",
            found_account_name="hubot",
            scopes=["repo:octocat"],
            is_limited=True,
            not_permitted={"request": "2026-11-21"},
        )
        Check.objects.update(detail=told)
        Credential.objects.update(
            outcome_detail=told, found_account_id="2", found_account_name="hubot"
        )


def test_no_column_of_no_row_tells_of_host_or_account(cast: Cast, connection: Connection) -> None:
    soil(connection)
    lifecycle.remove(connection, actor=cast.adam)
    with factories.scope(cast.workspace):
        rows = [
            row
            for model in (Connection, Check, Call, Credential, UseCounter)
            for row in model.objects.all()
        ]
        texts = [str(columns(row)) for row in rows]
    assert len(rows) == 4
    assert [text for text in texts for word in TELLING if word in text] == []


def test_a_removed_row_keeps_its_name_owner_and_kind_only(
    cast: Cast, connection: Connection
) -> None:
    soil(connection)
    lifecycle.remove(connection, actor=cast.adam)
    found = columns(steps.fresh(connection))
    kept = {
        name: found.pop(name)
        for name in ("id", "workspace_id", "owner_id", "created_at", "removed_at", "used_at")
    }
    assert kept["owner_id"] == cast.bob.pk
    assert kept["removed_at"] is not None
    moments = {name for name, value in found.items() if name.endswith("_at") and value}
    assert moments == {"checked_at", "decided_at", "last_outcome_at"}
    texts = {name: value for name, value in found.items() if isinstance(value, str) and value}
    assert texts == {
        "connector_id": "github",
        "scheme": "api_key",
        "name": "Code",
        "stable_key": "code",
        "status": "active",
        "last_outcome": "ok",
        "removed_by_name": "Adam",
    }
    assert (found["scopes"], found["not_permitted"], found["is_limited"]) == (None, {}, False)


def test_the_checks_of_a_removed_connection_say_when_and_what_not_where(
    cast: Cast, connection: Connection
) -> None:
    lifecycle.remove(connection, actor=cast.adam)
    with factories.scope(cast.workspace):
        found = columns(Check.objects.get())
    texts = {name: value for name, value in found.items() if isinstance(value, str) and value}
    assert texts == {
        "kind": "verification",
        "outcome": "ok",
        "status_before": "pending",
        "status_after": "active",
    }


def test_what_was_called_before_a_removal_writes_nothing_after_it(
    cast: Cast, connection: Connection
) -> None:
    lifecycle.remove(connection, actor=cast.adam)
    before = columns(steps.fresh(connection))
    refused = Outcome("credentials_refused", detail="github.test said no.")
    calls.record(connection, tool="request", outcome=refused)
    after = columns(steps.fresh(connection))
    assert after | {"used_at": None} == before | {"used_at": None}


def test_notices_of_a_removed_connection_are_closed(cast: Cast, connection: Connection) -> None:
    today = clock.now().date()
    credentials.set_expiry(connection, expires_on=today, actor=cast.bob)
    expiry.warn(on=today)
    with factories.scope(cast.workspace):
        assert Notice.objects.filter(closed_at=None).count() == 3
    lifecycle.remove(connection, actor=cast.bob)
    with factories.scope(cast.workspace):
        assert not Notice.objects.filter(closed_at=None).exists()


def test_a_credential_entered_while_the_connection_is_removed_is_not_stored(
    cast: Cast, connection: Connection
) -> None:
    with factories.scope(cast.workspace):
        stale = Connection.objects.select_related("workspace").get(pk=connection.pk)
    lifecycle.remove(connection, actor=cast.alice)
    with pytest.raises(credentials.ConnectionGone):
        credentials.stage(stale, values={"api_key": "github_pat_" + "b2" * 41}, actor=cast.bob)
    with factories.scope(cast.workspace):
        left = Credential.objects.filter(connection_id=connection.pk).exclude(sealed=None)
        assert left.count() == 0
