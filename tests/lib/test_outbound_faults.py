"""What services do wrong, each with its name, in bounded time and memory."""

from __future__ import annotations

import gzip
import socket
import tracemalloc
import zlib
from contextlib import ExitStack
from time import monotonic

import pytest

from spojit.lib.outbound import (
    AddressRefused,
    AnswerTooLarge,
    BadAnswer,
    NameNotFound,
    OutboundError,
    Policy,
    Request,
    TimedOut,
    Unreachable,
    send,
)
from tests import servers
from tests.servers.listener import listening

WRONG = {
    "reset": Unreachable,
    "closed": Unreachable,
    "cut_body": Unreachable,
    "cut_chunks": Unreachable,
    "cut_headers": Unreachable,
    "large": AnswerTooLarge,
    "large_chunks": AnswerTooLarge,
    "large_until_close": AnswerTooLarge,
    "large_negative_chunk": AnswerTooLarge,
    "gzip_bomb": AnswerTooLarge,
    "deflate_bomb": AnswerTooLarge,
    "raw_deflate_bomb": AnswerTooLarge,
    "nested_bomb": AnswerTooLarge,
    "huge_header": AnswerTooLarge,
    "many_headers": AnswerTooLarge,
    "endless_continue": AnswerTooLarge,
    "many_members": BadAnswer,
    "inner_members": BadAnswer,
    "not_http": BadAnswer,
    "bad_status": BadAnswer,
    "bad_version": BadAnswer,
    "bad_header": BadAnswer,
    "bad_chunk": BadAnswer,
    "switching": BadAnswer,
    "three_codings": BadAnswer,
    "unknown_coding": BadAnswer,
    "broken_gzip": BadAnswer,
    "cut_gzip": BadAnswer,
    "redirect_loop": BadAnswer,
    "redirect_malformed": BadAnswer,
    "redirect_scheme": BadAnswer,
    "redirect_metadata": AddressRefused,
}
SLOW = ["silent", "drip_status", "drip_headers", "drip_body", "drip_chunks", "drip_trailers"]
PROPER = {
    "unauthorized": 401,
    "forbidden": 403,
    "missing": 404,
    "rate_limited": 429,
    "fault": 500,
    "error_in_200": 200,
    "wrong_json": 200,
}


def make_request(server: servers.Server, method: str = "GET") -> Request:
    return Request(method, server.url_for(server.host, "/path?secret=s3cret-in-query"))


def test_every_fault_is_tried() -> None:
    assert set(servers.FAULTS) == {*WRONG, *SLOW, *PROPER}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_fault_has_its_name(kind: str, method: str) -> None:
    started = monotonic()
    with servers.faulty(kind) as server, pytest.raises(OutboundError) as failure:
        send(make_request(server, method), policy=servers.policy(server))
    assert type(failure.value) is WRONG[kind]
    assert not failure.value.surely_not_sent
    assert "s3cret" not in f"{failure.value.message}{failure.value.hint}"
    assert monotonic() - started < 10


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
def test_a_bomb_takes_little_memory(coding: str) -> None:
    packed = gzip.compress(bytes(200 * 2**20), 1)
    body = gzip.compress(packed) if coding == "gzip, gzip" else packed
    with servers.recording(servers.Reply(200, {"Content-Encoding": coding}, body)) as server:
        tracemalloc.start()
        with pytest.raises(AnswerTooLarge):
            send(make_request(server), policy=servers.policy(server))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 15 * 2**20


@pytest.mark.parametrize("kind", SLOW)
def test_slowness_ends_at_the_deadline(kind: str) -> None:
    started = monotonic()
    with servers.faulty(kind) as server, pytest.raises(TimedOut) as failure:
        send(make_request(server), policy=servers.policy(server, total_seconds=0.3))
    assert 0.25 < monotonic() - started < 1.0
    assert not failure.value.surely_not_sent


@pytest.mark.parametrize("kind", PROPER)
def test_bad_news_is_an_answer(kind: str) -> None:
    with servers.faulty(kind) as server:
        answer = send(make_request(server), policy=servers.policy(server))
    assert answer.status == PROPER[kind]
    assert answer.url == f"{server.url}/path"


def test_retry_after_can_be_read() -> None:
    with servers.faulty("rate_limited") as server:
        answer = send(make_request(server), policy=servers.policy(server))
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers.get("X-None") is None


def test_wrong_json_is_a_bad_answer_when_it_is_read() -> None:
    with servers.faulty("wrong_json") as server:
        answer = send(make_request(server), policy=servers.policy(server))
    with pytest.raises(BadAnswer):
        _ = answer.data


def test_a_refused_connection_was_surely_not_sent() -> None:
    with servers.recording() as server:
        policy = servers.policy(server)
    with pytest.raises(Unreachable) as failure:
        send(make_request(server, "POST"), policy=policy)
    assert failure.value.surely_not_sent


def test_a_host_that_does_not_answer_times_out_unsent() -> None:
    with ExitStack() as opened:
        full = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        port = full.getsockname()[1]
        policy = servers.policy(connect_seconds=0.2).with_ports(port)
        started = monotonic()
        with pytest.raises(TimedOut) as failure:
            send(Request("POST", f"http://127.0.0.1:{port}/"), policy=policy)
    assert failure.value.surely_not_sent
    assert 0.15 < monotonic() - started < 1.0


def test_a_value_folded_over_lines_is_put_on_one() -> None:
    data = b"HTTP/1.1 200 OK\r\nX-Long: one\r\n two\r\nContent-Length: 0\r\n\r\n"
    with listening(lambda connection: says_once(connection, data)) as listener:
        server = servers.Server(listener, is_secure=False, requests=[])
        answer = send(make_request(server), policy=servers.policy(server))
    assert answer.headers["x-long"] == "one two"


def test_an_unknown_name_was_surely_not_sent() -> None:
    policy = servers.policy(names={"known.test": "127.0.0.1"})
    with pytest.raises(NameNotFound) as failure:
        send(Request("POST", "https://unknown.test/"), policy=policy)
    assert failure.value.surely_not_sent
    assert failure.value.message == "The host name unknown.test was not found."


def test_a_server_that_does_not_read_is_given_up() -> None:
    with servers.faulty("silent") as server:
        request = Request("POST", server.url, body=bytes(64 * 2**20))
        with pytest.raises(TimedOut) as failure:
            send(request, policy=servers.policy(server, total_seconds=0.3))
    assert not failure.value.surely_not_sent


@pytest.mark.parametrize("size", [0, 1, 70_000])
@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data, wbits=-15)),
        ("gzip, deflate", lambda data: zlib.compress(gzip.compress(data))),
        ("gzip", lambda data: gzip.compress(data) + gzip.compress(data)),
    ],
)
def test_a_packed_body_is_unpacked(coding: str, pack: object, size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"e" * (size % 256)
    reply = servers.Reply(200, {"Content-Encoding": coding}, pack(data))  # type: ignore[operator]
    with servers.recording(reply) as server:
        answer = send(make_request(server), policy=servers.policy(server))
    assert answer.body in {data, data + data}


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_the_limit_counts_after_unpacking(coding: str, size: int, *, fits: bool) -> None:
    data = bytes(size)
    body = gzip.compress(data) if coding == "gzip" else data
    with servers.recording(servers.Reply(200, {"Content-Encoding": coding}, body)) as server:
        policy = servers.policy(server, max_body_bytes=1000)
        if fits:
            assert send(make_request(server), policy=policy).body == data
        else:
            with pytest.raises(AnswerTooLarge):
                send(make_request(server), policy=policy)


def test_a_header_answer_has_no_body() -> None:
    reply = servers.Reply(200, {"Content-Encoding": "gzip"}, gzip.compress(b"whole"))
    with servers.recording(reply) as server:
        policy = servers.policy(server)
        assert send(make_request(server, "HEAD"), policy=policy).body == b""
        assert send(make_request(server, "GET"), policy=policy).body == b"whole"
    assert server.connections == 1


def test_the_defaults_are_those_of_the_design() -> None:
    policy = Policy()
    assert (policy.connect_seconds, policy.total_seconds) == (5.0, 30.0)
    assert policy.max_body_bytes == 10 * 1024 * 1024
    assert policy.allowed_ports == {443, 80, 8443, 8080}
    assert policy.schemes == {"https"}
    assert policy.allowed_networks == ()


def says_once(connection: socket.socket, data: bytes) -> None:
    with connection.makefile("rb") as stream:
        servers.receive(stream, connection)
        connection.sendall(data)
