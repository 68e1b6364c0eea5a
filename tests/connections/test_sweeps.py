"""The sweep: what is due is announced again and again, so each announcement has an end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from connections import tasks, tries, verification
from spojit.lib import clock
from tests import factories

if TYPE_CHECKING:
    from tests.factories import Cast


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Collect the messages that leave instead of sending them: name, and options of the message."""
    found: list[tuple[str, dict[str, Any]]] = []
    for task in (tasks.verify, tasks.carry_out_call):

        def note(*_: Any, name: str = str(task.name), **options: Any) -> None:
            found.append((name, options))

        monkeypatch.setattr(task, "apply_async", note)
    return found


def test_what_waits_longer_than_a_sweep_is_not_done_twice(
    cast: Cast, sent: list[tuple[str, dict[str, Any]]], set_clock: Any
) -> None:
    connection = factories.make_connection(cast.workspace, actor=cast.bob)
    verification.request(connection, actor=cast.bob)
    call = tries.request(
        cast.workspace,
        connector_key="http",
        connection=connection,
        tool="get",
        arguments={"path": "/x"},
        actor=cast.bob,
    )
    set_clock(clock.now() + timedelta(seconds=10))
    workspace_id = str(cast.workspace.pk)
    expected = [
        ("connections.verify", {"workspace_id": workspace_id, "connection_id": str(connection.pk)}),
        ("connections.carry_out_call", {"workspace_id": workspace_id, "call_id": str(call.pk)}),
    ]
    for _ in range(2):
        sent.clear()
        tasks.sweep()
        assert sent == [
            (name, {"kwargs": ids, "expires": settings.SWEEP_SECONDS}) for name, ids in expected
        ]
