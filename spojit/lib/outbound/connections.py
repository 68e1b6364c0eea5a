"""A connection that goes to the checked address, while Host, SNI and certificate name stay.

Built on urllib3's connections; only where the socket comes from and how long reading takes is ours.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_match_hostname import CertificateError
from urllib3.util.wait import wait_for_read

from spojit.lib.outbound import sockets
from spojit.lib.outbound.errors import (
    AnswerTooLarge,
    OutboundError,
    TimedOut,
    TlsFailed,
    Unreachable,
)
from spojit.lib.outbound.policy import Policy, tls_context

if TYPE_CHECKING:
    from spojit.lib.outbound.deadlines import Deadline
    from spojit.lib.outbound.types import PinnedAddress

_SLACK = 16 * 2**10
_CHUNK = 16 * 2**10  # one TLS record (RFC 8446, section 5.1), so that a timeout is exact


class Plain(HTTPConnection):
    """An http connection to a checked address."""

    pinned: PinnedAddress
    deadline: Deadline
    stream: Stream
    remote_address = ""
    idle_since = 0.0

    def _new_conn(self) -> socket.socket:
        """Connect to the first checked address that takes it; each has its share of the time."""
        last: OSError = OSError()
        for number, address in enumerate(self.pinned.addresses):
            share = self.deadline.remaining() / (len(self.pinned.addresses) - number)
            try:
                opened = _connect(address, self.pinned.port, share)
            except OSError as error:
                last = error
                continue
            self.remote_address = address
            opened.settimeout(self.deadline.remaining())
            return opened
        raise last

    def send(self, data: Any) -> None:
        """Send bytes, all of them before the deadline."""
        view = memoryview(data)
        for start in range(0, len(view), _CHUNK):
            self.sock.settimeout(self.deadline.remaining())
            self.sock.sendall(view[start : start + _CHUNK])

    def begin(self, deadline: Deadline, max_header_bytes: int) -> None:
        """Get ready for one request and its answer."""
        self.deadline = deadline
        self.stream = Stream(self.sock, deadline, max_header_bytes + _SLACK)

    def receive(self) -> http.client.HTTPResponse:
        """Read status and headers; the body is read from what this returns."""
        return http.client.HTTPConnection.getresponse(self)

    def abandon(self) -> None:
        """Close it in the middle of an exchange."""
        self.stream.close()
        self.close()

    def is_fresh(self, *, idle_seconds: float) -> bool:
        """Whether the other side has neither closed nor spoken, and it was not idle for long."""
        if self.is_closed or monotonic() - self.idle_since > idle_seconds:
            return False
        return not wait_for_read(self.sock, timeout=0.0)

    def response_class(  # type: ignore[override]
        self, _: socket.socket, **options: Any
    ) -> http.client.HTTPResponse:
        """Make what `http.client` parses the answer with, over a stream with a deadline."""
        return http.client.HTTPResponse(cast("socket.socket", _Facade(self.stream)), **options)


class Secure(Plain, HTTPSConnection):
    """An https connection to a checked address."""


class Stream(io.RawIOBase):
    """Reads a socket until the deadline, and at most as many bytes as were allowed."""

    def __init__(self, sock: socket.socket, deadline: Deadline, budget: int) -> None:
        """Keep the socket open for as long as this is."""
        super().__init__()
        self._sock = sock
        self._raw = cast("io.RawIOBase", sock.makefile("rb", buffering=0))
        self._deadline = deadline
        self._budget = budget
        self.received = 0
        self.has_ended = False

    def allow_body(self, most: int) -> None:
        """Take a body of this many bytes besides, and the framing of its chunks."""
        self._budget = self.received + 2 * most + _SLACK

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there, waiting no longer than the deadline.

        Raises:
            TimedOut, AnswerTooLarge.
        """
        self._sock.settimeout(self._deadline.remaining())
        count = self._raw.readinto(buffer)
        self.received += count or 0
        self.has_ended = count == 0
        if self.received > self._budget:
            raise AnswerTooLarge
        return count

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()


class _Facade:
    """All that `http.client.HTTPResponse` wants of a socket."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(self._stream, _SLACK)


def open_connection(pinned: PinnedAddress, policy: Policy, deadline: Deadline) -> Plain:
    """Connect, and for https shake hands, within the policy's time for it.

    Raises:
        OutboundError: Unreachable, TimedOut or TlsFailed, surely not sent.
    """
    connection = _make(pinned, policy)
    connection.pinned, connection.deadline = pinned, deadline.within(policy.connect_seconds)
    try:
        connection.connect()
    except (OSError, TimedOut) as error:
        connection.close()
        raise _why(error, pinned.host) from None
    connection.auto_open = 0
    return connection


def _make(pinned: PinnedAddress, policy: Policy) -> Plain:
    if pinned.scheme == "http":
        return Plain(pinned.host, pinned.port)
    return Secure(pinned.host, pinned.port, ssl_context=tls_context(policy.ca_bundle))


def _connect(address: str, port: int, seconds: float) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.settimeout(seconds)
        sockets.remember(address, port)
        opened.connect((address, port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        opened.close()
        raise
    return opened


def _why(error: Exception, host: str) -> OutboundError:
    """Name what went wrong before anything was sent; the libraries' own words stay here."""
    if isinstance(error, (TimedOut, TimeoutError)):
        return TimedOut(f"{host} did not answer in time.", surely_not_sent=True)
    if isinstance(error, (ssl.SSLError, CertificateError)):
        return TlsFailed(f"No secure connection to {host} could be made.", surely_not_sent=True)
    return Unreachable(f"{host} could not be reached.", surely_not_sent=True)
