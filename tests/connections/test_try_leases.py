"""Tries: the row is the work, its lease has an owner, and who is removed answers nothing."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections as databases

from connections import lifecycle, tries
from connections.models import Call
from connectors.outcomes import Outcome
from spojit.lib import clock
from tests import factories, servers
from tests.connections import steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers import Received, Reply
    from workspaces.models import User, Workspace


def ask(workspace: Workspace, connection: Connection, actor: User) -> Call:
    return tries.request(
        workspace,
        connector_key="http",
        connection=connection,
        tool="get",
        arguments={"path": "/x"},
        actor=actor,
    )


def stored(workspace: Workspace) -> Call:
    with factories.scope(workspace):
        found: Call = Call.objects.get()
    return found


@pytest.mark.django_db(transaction=True)
def test_what_a_connection_answers_after_its_removal_is_dropped(
    reach: Callable[..., None],
) -> None:
    todo: list[Callable[[], object]] = []

    def answer(_received: Received) -> Reply:
        while todo:
            thread = threading.Thread(target=todo.pop())
            thread.start()
            thread.join(10)
        return servers.json_reply({"login": "octocat"})

    with servers.recording(answer) as server:
        reach(server.port)
        workspace = factories.make_workspace()
        connection = steps.connect(workspace, server, name="Shop")
        owner = factories.owner_of(workspace)
        row = ask(workspace, connection, owner)
        todo.append(lambda: _remove(connection, owner))
        tries.carry_out(workspace.pk, row.pk)
    call, removed = stored(workspace), steps.fresh(connection)
    assert (call.shown, call.is_cut, call.arguments_sealed) == (None, False, None)
    assert call.is_finished
    assert call.detail.startswith("The connection Shop was removed on ")
    assert removed.removed_at is not None
    assert (removed.decided_by, removed.reason_detail) == ("", "")


def _remove(connection: Connection, actor: User) -> None:
    try:
        lifecycle.remove(connection, actor=actor)
    finally:
        databases.close_all()


def test_only_the_owner_of_a_lease_writes_the_answer(
    cast: Cast, reach: Callable[..., None], set_clock: Any
) -> None:
    with steps.door(steps.KEY) as server:
        reach(server.port)
        connection = steps.connect(cast.workspace, server, name="Shop", actor=cast.bob)
        row = ask(cast.workspace, connection, cast.bob)
        late = tries._claim(cast.workspace.pk, row.pk)
        assert late is not None
        set_clock(clock.now() + timedelta(seconds=46))
        assert tries.carry_out(cast.workspace.pk, row.pk) is not None
    with factories.scope(cast.workspace):
        tries._finish(late, Outcome("timeout"))
    call = stored(cast.workspace)
    assert (call.outcome, call.lease_owner, call.lease_expires_at) == ("ok", None, None)


def test_a_call_asked_for_before_the_removal_says_why_it_was_not_made(
    cast: Cast, reach: Callable[..., None]
) -> None:
    with steps.door(steps.KEY) as server:
        reach(server.port)
        connection = steps.connect(cast.workspace, server, name="Shop", actor=cast.bob)
        row = ask(cast.workspace, connection, cast.bob)
        lifecycle.remove(connection, actor=cast.bob)
        tries.carry_out(cast.workspace.pk, row.pk)
        assert [received.path for received in server.requests] == ["/me"]
    call = stored(cast.workspace)
    day = f"{clock.now():%-d %B %Y}"
    assert call.outcome == "request_refused"
    assert call.detail == f"The connection Shop was removed on {day} by Bob."
