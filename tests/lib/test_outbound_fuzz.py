"""Whatever a service sends, the outcome is an answer or a named failure, never a bug."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings, strategies as st

from spojit.lib.outbound import Answer, OutboundError, Policy, Request, exchange, send
from tests import servers
from tests.servers.listener import listening

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

LINES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 200\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 204 None\r\n",
        b"HTTP/1.1 302 Found\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: 5, 6\r\n",
        b"Content-Length: " + b"9" * 5000 + b"\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Content-Encoding: gzip\r\n",
        b"Content-Encoding: deflate, ,identity\r\n",
        b"Connection: keep-alive\r\n",
        b"Connection: close\r\n",
        b"Location: /\xc3\xa9?\xff\r\n",
        b"Location: http://[\r\n",
        b"Location:\r\n",
        b"Location: //\r\n",
        b"Location: https://127.0.0.1:99999/\r\n",
        b" folded\r\n",
        b": nameless\r\n",
        b"\r\n",
        b"\n",
        b"5\r\nhello\r\n",
        b"-1\r\n",
        b"ffffffffffffffffff\r\n",
        b"0\r\n\r\n",
        gzip.compress(b"hello"),
        zlib.compress(b"hello"),
    ]
)
PIECES = st.lists(LINES | st.binary(max_size=20), max_size=12).map(b"".join)


class Sender:
    """Answers the next request with `data` and closes."""

    data = b""

    def __call__(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            servers.receive(stream, connection)
            connection.sendall(self.data)


@pytest.fixture(scope="module")
def sender() -> Iterator[tuple[Sender, str, Policy]]:
    made = Sender()
    with listening(made) as listener:
        server = servers.Server(listener, is_secure=False, requests=[])
        yield made, server.url, servers.policy(server, total_seconds=2.0)
    exchange.pool.clear()


@settings(max_examples=150, deadline=None)
@given(PIECES.map(lambda data: b"HTTP/1.1 200 OK\r\n" + data) | PIECES)
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nhello")
@example(b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\nx")
def test_any_bytes_are_an_answer_or_a_named_failure(
    sender: tuple[Sender, str, Policy], data: bytes
) -> None:
    made, url, policy = sender
    made.data = data
    result = ask(url, policy)
    if isinstance(result, OutboundError):
        assert result.outcome in {
            "unreachable",
            "bad_answer",
            "answer_too_large",
            "address_refused",
        }
        assert "hello" not in result.message
    else:
        assert 200 <= result.status < 1000


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=40))
def test_any_redirect_is_followed_or_refused_by_name(
    sender: tuple[Sender, str, Policy], location: str
) -> None:
    made, url, policy = sender
    made.data = servers.redirect(location).encode()
    result = ask(url, policy)
    assert isinstance(result, OutboundError)
    assert not result.surely_not_sent


def ask(url: str, policy: Policy) -> Answer | OutboundError:
    try:
        return send(Request("GET", url), policy=policy)
    except OutboundError as error:
        return error
