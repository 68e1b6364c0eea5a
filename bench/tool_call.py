"""Row 2: a tool call through a connection, recorded."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import requests
from django.conf import settings

from bench.measuring import Row, alternate
from bench.prepare import team
from bench.upstream import upstream
from connections import calls, lifecycle, verification
from connections.calls import Use
from connections.models import Connection
from spojit.lib import outbound
from workspaces import isolation

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 400
_INSERT = "INSERT INTO bench_call (id, workspace_id, outcome) VALUES (%s, %s, %s)"
_USE = Use("bench")


def measure() -> Row:
    """Compare with the same request by a kept-alive session, and one INSERT."""
    with upstream() as url:
        outbound.configure(
            allowed_networks=["127.0.0.0/8"], allowed_ports=[urlsplit(url).port or 80]
        )
        measured = alternate(_floor(url), _ours(url), rounds=ROUNDS)
    return Row("Tool call through a connection, recorded", *measured, target=1.5)


def _floor(url: str) -> Callable[[], object]:
    database = psycopg.connect(settings.MIGRATION_DATABASE_URL, autocommit=True)
    database.execute(
        "CREATE TABLE bench_call (id uuid PRIMARY KEY, workspace_id uuid, outcome text)"
    )
    session = requests.Session()
    session.headers["Authorization"] = "Bearer a-key-to-call"

    def floor() -> object:
        answer = session.get(f"{url}/items/7", timeout=30).json()
        database.execute(_INSERT, [uuid.uuid4(), uuid.uuid4(), "ok"])
        return answer

    return floor


def _ours(url: str) -> Callable[[], object]:
    workspace, user = team()
    made = lifecycle.create(
        workspace,
        connector_key="http",
        scheme="api_key",
        name="Called",
        values={"base_url": url, "api_key": "a-key-to-call", "test_path": "/items/7"},
        actor=user,
    )
    verification.verify(made)
    with isolation.workspace(workspace):
        connection = Connection.objects.get(pk=made.pk)

    def ours() -> object:
        return calls.call(connection, tool="get", arguments={"path": "/items/7"}, use=_USE)

    return ours
