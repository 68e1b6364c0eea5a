"""Connector steps: called, tried again, held, in doubt; and what is recorded of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import lifecycle as connecting
from connectors import registry
from spojit.lib import clock
from tests import servers
from tests.connections import steps as connections_steps
from tests.workflows import running
from tests.workflows.graphs import node
from tests.workflows.running import get, output, ran, steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from connections.models import Connection
    from tests.factories import Cast
    from tests.servers import Received, Reply, Server
    from workflows.models import Step

    Reach = Callable[..., None]

pytestmark = pytest.mark.django_db


def answering(*statuses: int, **headers: str) -> Callable[[Received], Reply]:
    """Answer `/me` always, and calls with these statuses in turn, then with 200."""
    left = list(statuses)

    def answer(received: Received) -> Reply:
        if received.path == "/me":
            return servers.json_reply({})
        status = left.pop(0) if left else 200
        return servers.json_reply({"path": received.path}, status, **headers)

    return answer


def received(server: Server) -> list[str]:
    return [f"{one.method} {one.path}" for one in server.requests if one.path != "/me"]


def shown(step: Step) -> Any:
    return step.shown


def test_a_step_calls_a_tool_through_its_connection(
    cast: Cast, connection: Connection, server: Server
) -> None:
    fetch = get("fetch", connection, arguments={"path": "/orders/{{ trigger.id }}"})
    nodes = [fetch, node("end", values={"path": "{{ fetch.body.path }}"})]
    run = ran(cast, nodes, "start > fetch > end", data={"id": 7})
    assert output(run, "end") == {"path": "/orders/7"}
    step = steps(run)["fetch"]
    assert (step.connection_id, step.connection_name) == (connection.pk, "Shop")
    assert (step.credential_version, step.tool, step.outcome) == (1, "get", "ok")
    assert step.shown_input == {"path": "/orders/7"}
    assert shown(step)["body"] == {"path": "/orders/7"}


def test_a_secret_is_masked_in_what_is_stored_and_shown(cast: Cast, reach: Reach) -> None:
    key = connections_steps.KEY

    def echo(received: Received) -> Reply:
        return servers.json_reply({"you": received.headers.get("authorization")})

    with servers.recording(echo) as server:
        reach(server.port)
        connection = connections_steps.connect(cast.workspace, server)
        asked = {"path": f"/{key}", "query": {"k": "{{ trigger.key }}"}}
        run = ran(cast, [get("a", connection, arguments=asked)], "start > a", data={"key": key})
    assert run.status == "completed"
    step = steps(run)["a"]
    assert shown(step)["body"] == {"you": "Bearer ••••"}
    assert step.shown_input == {"path": "/••••", "query": {"k": "••••"}}
    assert output(run, "a")["body"] == {"you": "Bearer ••••"}


def test_a_tool_without_a_connection_is_called_too(cast: Cast) -> None:
    tool = registry.get("text").tools[0]
    settings = {"connector": "text", "tool": tool.key, "arguments": dict(tool.example.arguments)}
    run = ran(cast, [node("t", "connector", **settings)], "start > t")
    assert run.status == "completed", run.error_sentence
    assert steps(run)["t"].connection_id is None


def test_a_read_is_tried_again_after_pauses(
    cast: Cast, reach: Reach, set_clock: Callable[..., None]
) -> None:
    with servers.recording(answering(503, 500)) as server:
        reach(server.port)
        connection = connections_steps.connect(cast.workspace, server)
        run = ran(cast, [get("a", connection, attempts=3)], "start > a")
        step = steps(run)["a"]
        assert (run.status, run.waits_for) == ("waiting", "retry")
        assert (step.status, step.attempts, step.outcome) == ("waiting", 1, "upstream_fault")
        now = clock.now()
        assert running.work() == []
        for seconds in (2, 10):
            set_clock(now + timedelta(seconds=seconds))
            running.work()
    assert running.fresh(run).status == "completed"
    step = steps(run)["a"]
    assert (step.status, step.attempts, step.outcome) == ("completed", 3, "ok")
    assert received(server) == ["GET /a"] * 3


def test_a_write_in_doubt_is_not_sent_again(cast: Cast, reach: Reach) -> None:
    with servers.recording(answering(500)) as server:
        reach(server.port)
        connection = connections_steps.connect(cast.workspace, server)
        run = ran(cast, [get("a", connection, "post", attempts=5)], "start > a")
    assert (run.status, run.error_outcome) == ("failed", "outcome_unknown")
    assert received(server) == ["POST /a"]


def test_a_write_that_was_refused_before_the_work_is_sent_again(
    cast: Cast, reach: Reach, set_clock: Callable[..., None]
) -> None:
    with servers.recording(answering(429)) as server:
        reach(server.port)
        connection = connections_steps.connect(cast.workspace, server)
        run = ran(cast, [get("a", connection, "post", attempts=2)], "start > a")
        assert run.status == "waiting"
        set_clock(clock.now() + timedelta(seconds=5))
        assert running.work() == ["completed"]
    assert received(server) == ["POST /a"] * 2
    assert steps(run)["a"].attempts == 2


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_what_is_refused_is_not_tried_again(cast: Cast, reach: Reach, status: int) -> None:
    with servers.recording(answering(status)) as server:
        reach(server.port)
        connection = connections_steps.connect(cast.workspace, server)
        run = ran(cast, [get("a", connection, attempts=5)], "start > a")
    assert (run.status, run.error_node_id) == ("failed", "a")
    assert received(server) == ["GET /a"]


def test_a_step_may_take_less_time_than_a_call(cast: Cast, reach: Reach) -> None:
    import time  # noqa: PLC0415

    def slow(received: Received) -> Reply:
        if received.path != "/me":
            time.sleep(1.5)
        return servers.json_reply({})

    with servers.recording(slow) as server:
        reach(server.port)
        connection = connections_steps.connect(cast.workspace, server)
        run = ran(cast, [get("a", connection, timeout_seconds=1)], "start > a")
    assert (run.status, run.error_outcome) == ("failed", "timeout")


def test_an_output_that_is_too_large_fails_its_step(
    cast: Cast, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.runs.values.MOST_BYTES", 100)
    run = ran(cast, [get("a", connection)], "start > a")
    assert (run.status, run.error_outcome) == ("failed", "output_too_large")


def test_what_is_shown_is_cut(
    cast: Cast, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.runs.values.MOST_SHOWN_BYTES", 40)
    run = ran(cast, [get("a", connection), node("b")], "start > a > b")
    step = steps(run)["a"]
    assert (run.status, step.is_cut, len(shown(step))) == ("completed", True, 40)
    assert output(run, "a")["body"] == {"path": "/a"}


def test_arguments_that_do_not_fit_at_night_fail_by_name(
    cast: Cast, connection: Connection
) -> None:
    step = get("a", connection, arguments={"path": "{{ trigger.path }}"})
    run = ran(cast, [step], "start > a", data={"path": 7})
    assert (run.status, run.error_outcome) == ("failed", "invalid_arguments")


def test_a_removed_connection_is_named_with_who_removed_it_and_when(
    cast: Cast, connection: Connection
) -> None:
    workflow = running.enabled(cast, [get("a", connection)], "start > a")
    run = running.start(workflow)
    connecting.remove(connection, actor=cast.adam)
    assert running.work() == ["failed"]
    run = running.fresh(run)
    day = f"{clock.now():%-d %B %Y}"
    assert run.error_outcome == "connection_removed"
    assert run.error_sentence == f"The connection Shop was removed on {day} by Adam."
