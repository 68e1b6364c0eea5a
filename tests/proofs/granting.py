"""Connections that hold grants of a service: authorized by a person, or made by the thousand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from connections.credentials import rows
from connections.models import Connection, Credential
from spojit.lib import clock
from spojit.lib.ids import new_id
from tests import factories
from tests.connections import grants, steps
from workspaces import isolation

if TYPE_CHECKING:
    from datetime import timedelta

    from tests.servers.oidc import AuthorizationServer
    from tests.servers.tokens import TokenServer
    from workspaces.models import Workspace

AT_ONCE = 500
Row = TypeVar("Row", Connection, Credential)


def authorized(
    workspace: Workspace, service: AuthorizationServer, *, account: str = "alice", **more: Any
) -> Connection:
    """Make an Active connection that a person authorized."""
    connection = grants.pending(workspace, service, **more)
    with factories.scope(workspace):
        row = rows.current(connection)
        assert row is not None
        grants.fill(row, connection, service, service.tokens(account=account))
        row.save()
        Connection.objects.filter(pk=connection.pk).update(verification_due_at=clock.now())
    steps.work(connection)
    return steps.fresh(connection)


def due(
    workspace: Workspace, server: TokenServer, count: int, *, left: timedelta
) -> list[Connection]:
    """Make many Active connections whose tokens are due and live for `left` yet."""
    pattern = grants.connect(workspace, server, name=f"The pattern of {server.place}")
    grants.change(pattern, refresh_due_at=None)
    made: list[Connection] = []
    while len(made) < count:
        told = server.grants(min(AT_ONCE, count - len(made)))
        made += _copies(workspace, server, pattern, told, left=left)
    return made


def _copies(
    workspace: Workspace,
    server: TokenServer,
    pattern: Connection,
    told: list[dict[str, Any]],
    *,
    left: timedelta,
) -> list[Connection]:
    older, now = grants.credential(pattern), clock.now()
    payload = rows.unseal(older)
    with factories.scope(workspace):
        names = [f"Shop {new_id()}" for _ in told]
        made = [_copy(pattern, id=new_id(), name=name, stable_key=name) for name in names]
        credentials = []
        for connection, answer in zip(made, told, strict=True):
            row = _copy(older, id=new_id(), connection_id=connection.pk, tokens=None, revision=0)
            row.sealed = rows.seal(row, payload)
            grants.fill(row, connection, server, answer)
            row.tokens_expire_at, row.refresh_due_at = now + left, now
            credentials.append(row)
        Connection.objects.bulk_create(made)
        Credential.objects.bulk_create(credentials)
    return made


def _copy(row: Row, **changes: Any) -> Row:
    columns = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**columns | changes)


def revisions(connections: list[Connection]) -> dict[int, int]:
    """Count how many of these connections have tokens of which revision."""
    found: dict[int, int] = {}
    keys = [connection.pk for connection in connections]
    with isolation.everything(reason="a test counts"):
        used = Credential.objects.filter(connection__in=keys, state="current")
        for revision in used.values_list("revision", flat=True):
            found[revision] = found.get(revision, 0) + 1
    return found
