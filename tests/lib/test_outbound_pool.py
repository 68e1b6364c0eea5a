"""Connections are kept for their origin and address, and shared by threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import thread_time
from typing import TYPE_CHECKING

import pytest
import requests  # noqa: TID251 - to compare with
from urllib3.util.wait import wait_for_read

from spojit.lib.outbound import Request, Unreachable, exchange, pool, send
from tests import servers
from tests.servers.listener import listening

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(autouse=True)
def empty_pool() -> Iterator[None]:
    exchange.pool.clear()
    yield
    exchange.pool.clear()


def test_a_connection_is_kept_for_its_origin() -> None:
    with servers.recording() as server:
        policy = servers.policy(server, names={"a.test": "127.0.0.1", "b.test": "127.0.0.1"})
        for host in ("a.test", "b.test", "a.test", "b.test"):
            send(Request("POST", server.url_for(host), body=b"x"), policy=policy)
    assert server.connections == 2
    assert len(server.requests) == 4


def test_a_connection_is_not_kept_when_the_service_says_so() -> None:
    with servers.recording(servers.Reply(200, {"Connection": "close"})) as server:
        for _ in range(2):
            send(Request("GET", server.url), policy=servers.policy(server))
    assert server.connections == 2


@pytest.mark.parametrize("kind", ["large", "broken_gzip", "cut_body"])
def test_a_connection_with_a_fault_is_not_kept(kind: str) -> None:
    with servers.faulty(kind) as server:
        policy = servers.policy(server)
        for _ in range(2):
            with pytest.raises(Exception):  # noqa: B017, PT011 - which one is tested elsewhere
                send(Request("GET", server.url), policy=policy)
    assert server.connections == 2


def test_no_cookie_is_kept() -> None:
    with servers.recording(servers.Reply(200, {"Set-Cookie": "session=alice; Path=/"})) as server:
        for _ in range(2):
            send(Request("GET", server.url), policy=servers.policy(server))
    assert "cookie" not in server.requests[1].headers


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_was_closed_while_idle_is_replaced(method: str) -> None:
    with servers.recording() as server:
        policy = servers.policy(server)
        send(Request(method, server.url), policy=policy)
        server.disconnect()
        wait_until_closed()
        assert send(Request(method, server.url), policy=policy).status == 200
    assert server.connections == 2


def test_a_write_takes_no_connection_that_may_be_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "IDLE_SECONDS_FOR_WRITES", 0.0)
    with servers.recording() as server:
        policy = servers.policy(server)
        for method in ("GET", "GET", "POST"):
            send(Request(method, server.url), policy=policy)
    assert server.connections == 2


@pytest.mark.parametrize(
    ("method", "is_idempotent", "is_tried_again"),
    [
        ("GET", None, True),
        ("PUT", None, True),
        ("POST", None, False),
        ("POST", True, True),
        ("GET", False, False),
    ],
)
def test_a_connection_that_closes_under_a_request_is_replaced_once_if_harmless(
    method: str, is_idempotent: bool | None, *, is_tried_again: bool
) -> None:
    with closing_at_second_request() as (server, requests):
        policy = servers.policy(server)
        send(Request("GET", server.url), policy=policy)
        request = Request(method, server.url, is_idempotent=is_idempotent)
        if is_tried_again:
            assert send(request, policy=policy).status == 200
        else:
            with pytest.raises(Unreachable) as failure:
                send(request, policy=policy)
            assert not failure.value.surely_not_sent
    assert len(requests) == (3 if is_tried_again else 2)


def test_what_may_have_been_heard_is_not_called_unsent() -> None:
    with closing_at_second_request() as (server, requests):
        policy = servers.policy(server)
        send(Request("GET", server.url), policy=policy)
        server.listener.stop_accepting()
        with pytest.raises(Unreachable) as failure:
            send(Request("POST", server.url, is_idempotent=True), policy=policy)
    assert len(requests) == 2
    assert not failure.value.surely_not_sent


def test_an_ipv6_address_is_connected_to() -> None:
    with servers.recording(host="::1") as server:
        answer = send(Request("GET", f"{server.url}/x"), policy=servers.policy(server))
    assert answer.remote_address == "::1"
    assert server.requests[0].headers["host"] == f"[::1]:{server.port}"


def test_a_new_connection_that_closes_is_not_tried_again() -> None:
    with servers.faulty("closed") as server, pytest.raises(Unreachable):
        send(Request("GET", server.url), policy=servers.policy(server))
    assert server.connections == 1


def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next() -> None:
    forged = OK.replace(b"{}", b"[]")
    with listening(lambda connection: answer_each(connection, OK + forged)) as listener:
        server = servers.Server(listener, is_secure=False, requests=[])
        policy = servers.policy(server)
        bodies = [send(Request("GET", server.url), policy=policy).body for _ in range(5)]
    assert bodies == [b"{}"] * 5


def test_threads_share_connections_and_never_answers() -> None:
    with servers.recording(lambda received: servers.json_reply(received.query)) as server:
        policy = servers.policy(server)

        def call(number: int) -> bool:
            request = Request("GET", server.url, query=[("number", str(number))])
            return bool(send(request, policy=policy).data == [["number", str(number)]])

        with ThreadPoolExecutor(12) as threads:
            assert all(threads.map(call, range(400)))
    assert server.connections <= 40
    assert len(server.requests) == 400


def test_only_so_many_idle_connections_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MOST_PER_KEY", 2)
    barrier = threading.Barrier(6)

    def answer(received: servers.Received) -> servers.Reply:
        barrier.wait(5)
        return servers.Reply()

    with servers.recording(answer) as server:
        policy = servers.policy(server)
        with ThreadPoolExecutor(6) as threads:
            list(threads.map(lambda _: send(Request("GET", server.url), policy=policy), range(6)))
        assert idle() == 2


def test_the_origin_unused_for_longest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MOST_IDLE", 2)
    with servers.recording() as server:
        names = {f"{letter}.test": "127.0.0.1" for letter in "abc"}
        policy = servers.policy(server, names=names)
        for name in names:
            send(Request("GET", server.url_for(name)), policy=policy)
        assert idle() == 2
        send(Request("GET", server.url_for("a.test")), policy=policy)
    assert server.connections == 4


def test_a_forked_process_begins_without_connections() -> None:
    with servers.recording() as server:
        send(Request("GET", server.url), policy=servers.policy(server))
        assert idle() == 1
        kept = exchange.pool.forget()
        assert idle() == 0
        for connection in kept:
            connection.close()


def test_a_call_costs_no_more_than_one_by_a_bare_session() -> None:
    with servers.recording() as server, requests.Session() as bare:
        bare.trust_env = False
        policy = servers.policy(server)
        request = Request("GET", server.url)
        ours = seconds_of_processor(lambda: send(request, policy=policy))
        theirs = seconds_of_processor(lambda: bare.get(server.url).content)
    assert ours < theirs * 1.1


def seconds_of_processor(call: Callable[[], object]) -> float:
    call()
    samples = []
    for _ in range(5):
        started = thread_time()
        for _ in range(30):
            call()
        samples.append(thread_time() - started)
    return min(samples)


def idle() -> int:
    return sum(len(waiting) for waiting in exchange.pool._idle.values())


def wait_until_closed() -> None:
    for waiting in exchange.pool._idle.values():
        for connection in waiting:
            assert wait_for_read(connection.sock, timeout=5)


def answer_each(connection: socket.socket, data: bytes) -> None:
    with connection.makefile("rb") as stream:
        while stream.readline() not in {b"", b"\r\n"}:
            pass
        connection.sendall(data)
        answer_each(connection, data)


@contextmanager
def closing_at_second_request() -> Iterator[tuple[servers.Server, list[servers.Received]]]:
    """The second request finds its connection closed without an answer; others are answered."""
    requests: list[servers.Received] = []

    def handle(connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while received := servers.receive(stream, connection):
                requests.append(received)
                if len(requests) == 2:
                    return
                connection.sendall(OK)

    with listening(handle) as listener:
        yield servers.Server(listener, is_secure=False, requests=requests), requests
