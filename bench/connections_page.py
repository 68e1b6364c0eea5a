"""Row 6: the connections page, 50 rows of 10,000. A gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection as database, connections as databases
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.measuring import Row, alternate
from bench.prepare import team
from connections.models import Connection
from spojit.lib import clock
from spojit.lib.ids import new_id
from workspaces import isolation

if TYPE_CHECKING:
    from datetime import datetime

    from workspaces.models import User, Workspace

CONNECTIONS = 10_000
ROUNDS = 60
MOST_QUERIES = 12


def measure() -> Row:
    """Compare with the same frame around an empty page."""
    workspace, user = team()
    _make_connections()
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    base, page = f"/w/{workspace.slug}/notices/", f"/w/{workspace.slug}/connections/"
    queries = _count_queries(client, page)
    measured = alternate(
        lambda: _opened(client, base), lambda: _opened(client, page), rounds=ROUNDS
    )
    return Row(
        "Connections page, 50 rows of 10,000",
        *measured,
        target=4.0 if queries <= MOST_QUERIES else 0.0,
        is_gate=True,
        note=f"{queries} queries (at most {MOST_QUERIES})",
    )


def _make_connections() -> None:
    workspace, user = team()
    now = clock.now()
    with isolation.workspace(workspace):
        _commit_to_disk()
        Connection.objects.bulk_create(
            [_connection(workspace, user, number, now) for number in range(CONNECTIONS)],
            batch_size=1000,
        )
    with databases["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE connections_connection")


def _commit_to_disk() -> None:
    """Have this transaction known as committed at once, else VACUUM marks no page as all visible.

    These servers commit asynchronously (`postgres.FAST_SETTINGS`); those of an installation are
    vacuumed long after.
    """
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")


def _connection(workspace: Workspace, user: User, number: int, now: datetime) -> Connection:
    statuses = ("active", "active", "active", "error", "pending")
    return Connection(
        id=new_id(),
        workspace=workspace,
        connector_id=("http", "github", "stripe", "postgresql")[number % 4],
        scheme="api_key" if number % 4 != 3 else "database",
        name=f"Connection number {number}",
        stable_key=f"connection_{number}",
        owner=user,
        status=statuses[number % 5],
        reason="credentials_refused" if statuses[number % 5] == "error" else "",
        account_name=f"account-{number}@example.com",
        environment=("live", "test", "")[number % 3],
        checked_at=now,
        decided_at=now,
        verification_due_at=None,
    )


def _opened(client: Client, path: str) -> None:
    answer = client.get(path, secure=False)
    assert answer.status_code == 200, (path, answer.status_code)


def _count_queries(client: Client, path: str) -> int:
    _opened(client, path)
    with CaptureQueriesContext(database) as captured:
        _opened(client, path)
    return len(captured)
