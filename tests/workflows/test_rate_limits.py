"""Rate limits: what a service says to one run, all wait for; and they come back slowly."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connections import rate_limits
from connectors import answers, registry
from spojit.lib import clock
from spojit.lib.ids import new_id
from spojit.lib.outbound.types import Answer, Headers
from tests import servers
from tests.connections import steps as connections_steps
from tests.workflows import running
from tests.workflows.running import get, steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast
    from tests.servers import Received, Reply, Server
    from workflows.models import Workflow

pytestmark = pytest.mark.django_db


def refusing_once(**headers: str) -> Callable[[Received], Reply]:
    """Refuse the first call with 429, and answer all others."""
    calls = itertools.count()

    def answer(received: Received) -> Reply:
        if received.path == "/me" or next(calls):
            return servers.json_reply({})
        return servers.json_reply({}, 429, **headers)

    return answer


def called(server: Server) -> int:
    return len([one for one in server.requests if one.path == "/a"])


def asked(cast: Cast, server: Server, **settings: Any) -> Workflow:
    connection = connections_steps.connect(cast.workspace, server)
    return running.enabled(cast, [get("a", connection, **settings)], "start > a")


@pytest.mark.parametrize("tool", ["get", "post"])
def test_what_is_refused_to_one_run_all_wait_for(
    cast: Cast, reach: Callable[..., None], set_clock: Callable[..., None], tool: str
) -> None:
    with servers.recording(refusing_once(retry_after="60")) as server:
        reach(server.port)
        workflow = asked(cast, server, tool=tool)
        begun = clock.now()
        set_clock(begun)
        refused, waiting = running.start(workflow), running.start(workflow)
        assert running.work() == ["failed", "waiting"]
        assert running.fresh(refused).error_outcome == "rate_limited"
        run = running.fresh(waiting)
        assert (run.waits_for, called(server)) == ("rate_limit", 1)
        assert run.due_at is not None
        assert timedelta(seconds=60) < run.due_at - begun < timedelta(seconds=61)
        set_clock(run.due_at)
        assert running.work() == ["completed"]
        assert (called(server), steps(run)["a"].attempts) == (2, 1)


def test_a_refused_run_with_attempts_left_waits_as_long_and_calls_again(
    cast: Cast, reach: Callable[..., None], set_clock: Callable[..., None]
) -> None:
    with servers.recording(refusing_once(retry_after="5")) as server:
        reach(server.port)
        run = running.start(asked(cast, server, attempts=2))
        begun = clock.now()
        set_clock(begun)
        assert running.work() == ["waiting"]
        set_clock(begun + timedelta(seconds=4))
        assert running.work() == []
        set_clock(begun + timedelta(seconds=10))
        assert running.work() == ["completed"]
        assert steps(run)["a"].attempts == 2


def test_what_redis_forgot_costs_nobody_a_run(
    cast: Cast, reach: Callable[..., None], settings: Any
) -> None:
    with servers.recording(refusing_once(retry_after="60")) as server:
        reach(server.port)
        workflow = asked(cast, server)
        running.start(workflow)
        assert running.work() == ["failed"]
        rate_limits._redis.ask(lambda client: client.delete(*client.scan_iter("rate:*")))
        rate_limits.forget()
        running.start(workflow)
        assert running.work() == ["completed"]

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    rate_limits.forget()
    connection_id = new_id()
    rate_limits.note(connection_id, seconds=60)
    rate_limits.forget()
    assert rate_limits.wait_for(connection_id) is None
    rate_limits.forget()


def test_those_who_wait_come_back_a_few_at_first_and_more_later(
    set_clock: Callable[..., None],
) -> None:
    now = clock.now()
    set_clock(now)
    connection_id, other_id = new_id(), new_id()
    rate_limits.note(connection_id, seconds=3600)
    rate_limits.note(connection_id, seconds=1)  # the longer one counts
    moments = [rate_limits.wait_for(connection_id) for _ in range(155)]
    after = [
        (moment - now).total_seconds() - rate_limits.LONGEST_SECONDS for moment in moments if moment
    ]
    assert after == sorted(after)
    assert [len([one for one in after if one <= end]) for end in (2, 4, 6, 8, 10)] == [
        5, 15, 35, 75, 155
    ]  # fmt: skip
    assert rate_limits.wait_for(other_id) is None
    set_clock(now + timedelta(seconds=301))
    assert rate_limits.wait_for(connection_id) is None


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "{in_90}"}, 90.0),
        (200, {"x-ratelimit-remaining": "1", "x-ratelimit-reset": "{in_90}"}, None),
        (200, {"x-ratelimit-remaining": "0"}, None),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, None),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "{in_90}"}, 90.0),
        (429, {"retry-after": "7"}, 7.0),
        (429, {}, answers.UNTOLD_REST_SECONDS),
        (500, {"retry-after": "7"}, None),
    ],
)
def test_the_services_own_headers_say_that_nothing_is_left(
    status: int,
    headers: dict[str, str],
    seconds: float | None,
    set_clock: Callable[..., None],
) -> None:
    now = clock.now().replace(microsecond=0)
    set_clock(now)
    in_90 = str(int(now.timestamp()) + 90)
    pairs = [(name, value.format(in_90=in_90)) for name, value in headers.items()]
    answer = Answer(status, Headers(pairs), b"{}", "https://api.github.com/", 1, "192.0.2.1")
    github = registry.get("github")
    reading = answers.read(github, answer, rules=(), kind="json")
    assert answers.outcome(github, answer, reading).rest_seconds == seconds
