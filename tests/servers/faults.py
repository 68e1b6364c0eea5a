"""Servers that do what a service should not."""

from __future__ import annotations

import gzip
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.servers.http import Received, Reply, Server, json_reply, receive, redirect
from tests.servers.listener import listening

if TYPE_CHECKING:
    import ssl

Fault = Callable[[socket.socket, Received], None]

_OK = b"HTTP/1.1 200 OK\r\n"
_DRIP_SECONDS = 0.05
_LARGE = 60 * 10**6


@contextmanager
def faulty(
    kind: str, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """Run a server with one of the `FAULTS`; it remembers what it received."""
    fault, requests = FAULTS[kind], []

    def handle(connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while received := receive(stream, connection):
                requests.append(received)
                fault(connection, received)

    with listening(handle, host=host, tls=tls) as listener:
        yield Server(listener, tls is not None, requests)


def says(reply: Reply) -> Fault:
    return lambda connection, _: connection.sendall(reply.encode())


def sends(data: bytes, *, and_closes: bool = True) -> Fault:
    def fault(connection: socket.socket, _: Received) -> None:
        connection.sendall(data)
        if and_closes:
            connection.shutdown(socket.SHUT_RDWR)

    return fault


def drips(start: bytes, drop: bytes) -> Fault:
    """Send a beginning, then a little at a time without end."""

    def fault(connection: socket.socket, _: Received) -> None:
        connection.sendall(start)
        while True:
            time.sleep(_DRIP_SECONDS)
            connection.sendall(drop)

    return fault


def floods(start: bytes, piece: bytes, total: int) -> Fault:
    def fault(connection: socket.socket, received: Received) -> None:
        connection.sendall(start)
        for _ in range(total // len(piece) + 1):
            connection.sendall(piece)

    return fault


def packed(coding: str, body: bytes) -> Fault:
    return says(Reply(200, {"Content-Encoding": coding}, body))


def _reset(connection: socket.socket, _: Received) -> None:
    """Close with RST: data is thrown away and the peer sees "connection reset"."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionResetError


def _close(connection: socket.socket, _: Received) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def _stay_silent(connection: socket.socket, _: Received) -> None:
    connection.recv(1)


def _loop(connection: socket.socket, received: Received) -> None:
    connection.sendall(redirect(received.target + "x").encode())


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def _bomb() -> bytes:
    return bytes(_LARGE)


def _lazily(make: Callable[[], Fault]) -> Fault:
    """Build what is large only when it is asked for."""

    def fault(connection: socket.socket, received: Received) -> None:
        make()(connection, received)

    return fault


_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"

FAULTS: dict[str, Fault] = {
    # the connection
    "reset": _reset,
    "closed": _close,
    "silent": _stay_silent,
    "drip_status": drips(b"", b"H"),
    "drip_headers": drips(_OK, b"X-Drip: 1\r\n"),
    "drip_body": drips(_OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "drip_chunks": drips(_CHUNKED, b"1\r\nx\r\n"),
    "drip_trailers": drips(_CHUNKED + b"0\r\n", b"X-Drip: 1\r\n"),
    "cut_body": sends(_OK + b"Content-Length: 100\r\n\r\nshort"),
    "cut_chunks": sends(_CHUNKED + b"5\r\nhello\r\n"),
    "cut_headers": sends(_OK + b"Content-Le"),
    # size
    "large": floods(_OK + b"Content-Length: %d\r\n\r\n" % _LARGE, bytes(100_000), _LARGE),
    "large_chunks": floods(_CHUNKED, b"186a0\r\n" + bytes(100_000) + b"\r\n", _LARGE),
    "large_until_close": floods(_OK + b"Connection: close\r\n\r\n", bytes(100_000), _LARGE),
    "large_negative_chunk": floods(_CHUNKED + b"-1\r\n", bytes(100_000), _LARGE),
    "gzip_bomb": _lazily(lambda: packed("gzip", gzip.compress(_bomb()))),
    "deflate_bomb": _lazily(lambda: packed("deflate", zlib.compress(_bomb(), 9))),
    "raw_deflate_bomb": _lazily(lambda: packed("deflate", _raw_deflate(_bomb()))),
    "nested_bomb": _lazily(lambda: packed("gzip, gzip", gzip.compress(gzip.compress(_bomb())))),
    "many_members": _lazily(lambda: packed("gzip", gzip.compress(b"") * 100_000)),
    "inner_members": _lazily(
        lambda: packed("gzip, gzip", gzip.compress(gzip.compress(b"") * 3_000_000, 1))
    ),
    "huge_header": floods(_OK + b"X-Huge: ", bytes(100_000).replace(b"\0", b"h"), 10**6),
    "many_headers": floods(_OK, b"X-Many: " + b"m" * 1000 + b"\r\n", 10**6),
    "endless_continue": floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 10**7),
    # malformed
    "not_http": sends(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "bad_status": sends(b"HTTP/1.1 abc Nonsense\r\n\r\n"),
    "bad_version": sends(b"HTTP/9.9 200 OK\r\n\r\n"),
    "bad_header": sends(_OK + b"no colon here\r\nContent-Length: 2\r\n\r\n{}"),
    "bad_chunk": sends(_CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n"),
    "switching": sends(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    "three_codings": packed("gzip, gzip, gzip", gzip.compress(gzip.compress(gzip.compress(b"{}")))),
    "unknown_coding": packed("br", b"\x0b\x02\x80{}\x03"),
    "broken_gzip": packed("gzip", b"\x1f\x8b\x08 this is none"),
    "cut_gzip": packed("gzip", gzip.compress(b'{"a": "whole"}' * 100)[:-12]),
    # redirects
    "redirect_loop": _loop,
    "redirect_metadata": says(redirect("http://169.254.169.254/latest/meta-data/")),
    "redirect_malformed": says(redirect("http://[::1")),
    "redirect_scheme": says(redirect("file:///etc/passwd")),
    # answers that are proper and bad news
    "unauthorized": says(json_reply({"error": "bad credentials"}, 401)),
    "forbidden": says(json_reply({"error": "missing scope"}, 403)),
    "missing": says(json_reply({"error": "not found"}, 404)),
    "rate_limited": says(json_reply({"error": "slow down"}, 429, Retry_After="7")),
    "fault": says(json_reply({"error": "oops"}, 500)),
    "error_in_200": says(json_reply({"ok": False, "error": "invalid_auth"})),
    "wrong_json": says(Reply(200, {}, b"<html>welcome</html>")),
}
