"""Row 1: borrowing a credential, ready to sign."""

from __future__ import annotations

import psycopg
from django.conf import settings

from bench.measuring import Row, alternate
from bench.prepare import team
from connections import credentials, lifecycle
from connections.credentials import rows
from connections.models import Credential
from workspaces import isolation

ROUNDS = 400
_SELECT = "SELECT sealed FROM connections_credential WHERE id = %s"
_SET = "SELECT set_config('spojit.low', %s, true), set_config('spojit.high', %s, true)"


def measure() -> Row:
    """Compare with BEGIN, set_config, one select, COMMIT by psycopg, and one open."""
    workspace, user = team()
    connection = lifecycle.create(
        workspace,
        connector_key="http",
        scheme="api_key",
        name="Borrowed",
        values={"base_url": "http://127.0.0.1:8080", "api_key": "a-key-to-borrow"},
        actor=user,
    )
    with isolation.workspace(workspace):
        row = Credential.objects.get(connection=connection)
    plain = psycopg.connect(settings.DATABASE_URL)
    scope = [str(workspace.pk)] * 2

    def floor() -> None:
        with plain.transaction():
            plain.execute(_SET, scope)
            found = plain.execute(_SELECT, [row.pk]).fetchone()
        row.sealed = found[0] if found else None
        rows.unseal(row)

    def ours() -> None:
        with credentials.borrow(connection) as borrowed:
            borrowed["api_key"].reveal()

    floor_ms, ours_ms, ratio = alternate(floor, ours, rounds=ROUNDS)
    plain.close()
    return Row("Borrow a credential, ready to sign", floor_ms, ours_ms, ratio, target=2.0)
