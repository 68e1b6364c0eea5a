"""One request and its answer over one connection: no redirects, no credentials."""

from __future__ import annotations

import http.client
import os
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spojit.lib.outbound.bodies import read_body
from spojit.lib.outbound.checks import check_for_call
from spojit.lib.outbound.connections import Plain, open_connection
from spojit.lib.outbound.errors import (
    AnswerTooLarge,
    BadAnswer,
    OutboundError,
    TimedOut,
    TlsFailed,
    Unreachable,
)
from spojit.lib.outbound.pool import IDLE_SECONDS, IDLE_SECONDS_FOR_WRITES, Pool
from spojit.lib.outbound.types import Headers, PinnedAddress

if TYPE_CHECKING:
    from spojit.lib.outbound.deadlines import Deadline
    from spojit.lib.outbound.policy import Policy
    from spojit.lib.outbound.targets import Target

pool = Pool()
os.register_at_fork(after_in_child=pool.forget)


@dataclass(frozen=True, slots=True)
class Wire:
    """What goes over the wire, all of it fixed."""

    method: str
    target: Target
    headers: dict[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    is_idempotent: bool


@dataclass(frozen=True, slots=True)
class Raw:
    """What came back over the wire, unpacked."""

    status: int
    reason: str
    headers: Headers
    body: bytes = field(repr=False)
    remote_address: str


def exchange(wire: Wire, *, policy: Policy, deadline: Deadline) -> Raw:
    """Check the address, send, and read the answer.

    A kept-alive connection that the server closed before it answered anything is replaced once,
    if sending twice does no harm.

    Raises:
        OutboundError: any of them.
    """
    pinned = check_for_call(wire.target, policy, deadline)
    idle_seconds = IDLE_SECONDS if wire.is_idempotent else IDLE_SECONDS_FOR_WRITES
    kept = pool.take(pinned, policy, idle_seconds=idle_seconds)
    if kept is None:
        return _begin(pinned, wire, policy, deadline)
    try:
        return _converse(kept, wire, policy, deadline)
    except _ClosedBeforeAnswer:
        if not wire.is_idempotent:
            raise _broke(pinned) from None
    try:
        return _begin(pinned, wire, policy, deadline)
    except OutboundError as error:
        error.surely_not_sent = False  # the first sending may have been heard
        raise


class _ClosedBeforeAnswer(Exception):
    """The other side closed the connection without a byte of an answer."""


def _begin(pinned: PinnedAddress, wire: Wire, policy: Policy, deadline: Deadline) -> Raw:
    try:
        return _converse(open_connection(pinned, policy, deadline), wire, policy, deadline)
    except _ClosedBeforeAnswer:
        raise _broke(pinned) from None


def _converse(connection: Plain, wire: Wire, policy: Policy, deadline: Deadline) -> Raw:
    connection.begin(deadline, policy.max_header_bytes)
    is_finished = False
    try:
        raw = _send_and_receive(connection, wire, policy)
        is_finished = True
    except (OSError, http.client.HTTPException) as error:
        raise _why(error, connection) from None
    finally:
        if not is_finished:
            connection.abandon()
    if not connection.is_closed:
        pool.give(connection, policy)
    return raw


def _send_and_receive(connection: Plain, wire: Wire, policy: Policy) -> Raw:
    with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before closing
        connection.request(wire.method, wire.target.resource, wire.body, wire.headers)
    with connection.receive() as response:
        _require_proper(response, connection)
        connection.stream.allow_body(policy.max_body_bytes)
        body = read_body(response, most=policy.max_body_bytes)
    headers = Headers((name, _unfold(value)) for name, value in response.msg.items())
    return Raw(response.status, response.reason, headers, body, connection.remote_address)


def _require_proper(response: http.client.HTTPResponse, connection: Plain) -> None:
    """Refuse what `http.client` lets pass."""
    if connection.stream.has_ended:  # in the middle of the headers
        raise ConnectionError
    if response.status < 200 or response.msg.defects:
        raise BadAnswer("The answer is not well-formed HTTP.")


def _unfold(value: str) -> str:
    """Put a value that was folded over lines onto one (RFC 9112, section 5.2)."""
    return " ".join(value.split()) if "\n" in value else value


def _why(error: Exception, connection: Plain) -> Exception:
    """Name what went wrong once sending had begun; the libraries' own words stay here."""
    host, stream = connection.pinned.host, connection.stream
    if isinstance(error, TimeoutError):
        return TimedOut(f"{host} did not answer in time.")
    if isinstance(error, http.client.LineTooLong) or type(error) is http.client.HTTPException:
        return AnswerTooLarge("The headers of the answer were too large.")
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return TlsFailed(f"The secure connection to {host} failed.")
    if isinstance(error, (OSError, http.client.RemoteDisconnected)) or stream.has_ended:
        return (
            Unreachable(f"{host} closed the connection.")
            if stream.received
            else _ClosedBeforeAnswer()
        )
    return BadAnswer("The answer is not well-formed HTTP.")


def _broke(pinned: PinnedAddress) -> Unreachable:
    return Unreachable(f"{pinned.host} closed the connection without an answer.")
