"""MongoDB's wire protocol: one command goes out and one answer comes back (OP_MSG).

Source: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
"""

import contextlib
import socket
import struct
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

import bson
from bson.codec_options import CodecOptions, DatetimeConversion

from connectors import drivers
from connectors.encoding import InvalidArguments
from connectors.schemes import mongodb
from connectors.session import CallFailed
from connectors.sql import MAX_BYTES

OP_MSG = 2013
CHECKSUM_PRESENT = 1
MAX_SENT = 16 * 2**20
"""What a server takes in one document, by default 16 MiB."""

MAX_RECEIVED = MAX_BYTES + 2**16

_HEADER = struct.Struct("<iiii")
_FLAGS = struct.Struct("<Ib")
_OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True, tzinfo=UTC, datetime_conversion=DatetimeConversion.DATETIME_AUTO
)

_KINDS = {
    13: "permission_missing",  # Unauthorized
    18: "credentials_refused",  # AuthenticationFailed
    26: "not_found",  # NamespaceNotFound
    50: "timeout",  # MaxTimeMSExpired
    262: "timeout",  # ExceededTimeLimit
    8000: "credentials_refused",  # AtlasError, which says no more
}
_NOT_PRIMARY = frozenset({10107, 13435, 13436})
_ON_THE_WAY = frozenset({6, 7, 89, 91, 189, 9001, 11600, 11602})
"""A server behind this one was lost, or goes down: what was asked for may have been carried out.

Source of both, and of all names:
https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
"""


class Wire:
    """A socket on which commands are sent. It knows nothing of hosts but the one it is open to."""

    def __init__(self, opened: socket.socket) -> None:
        """Take a socket that is open to a checked address."""
        self._opened = opened
        self._number = 0

    def hello(self, target: mongodb.Target) -> dict[str, Any]:
        """Ask what the server is, and how the user may sign in. Raises: CallFailed."""
        user = f"{target.defined_in}.{target.user}"
        about = {
            "application": {"name": "spojit"},
            "driver": {"name": "spojit", "version": "1"},
            "os": {"type": "unknown"},
        }
        command = {"hello": 1, "saslSupportedMechs": user, "client": about}
        return self.run("admin", command, is_sent=False)

    def run(
        self, database: str, command: Mapping[str, Any], *, is_sent: bool = True
    ) -> dict[str, Any]:
        """Run a command and give the answer. Raises: CallFailed; InvalidArguments.

        `is_sent` says whether the command does what was asked for, and not the way to it.
        """
        answer = self.ask(database, command, is_sent=is_sent)
        if answer.get("ok") != 1:
            raise failed(answer.get("code"))
        return answer

    def ask(self, database: str, command: Mapping[str, Any], *, is_sent: bool) -> dict[str, Any]:
        """Run a command and give the answer, also when it is a refusal. Raises: CallFailed."""
        self._number += 1
        message = _written({**command, "$db": database}, self._number)
        with drivers.network_failures(sent=is_sent):
            self._opened.sendall(message)
            length, _, answers, kind = _HEADER.unpack(self._receive(_HEADER.size))
            if kind != OP_MSG or answers != self._number or length < _HEADER.size + 5:
                raise _strange()
            if length > MAX_RECEIVED:
                raise CallFailed("answer_too_large", "The answer is larger than 10 MiB.")
            return _read(self._receive(length - _HEADER.size))

    def _receive(self, length: int) -> bytes:
        data = bytearray()
        while len(data) < length:
            part = self._opened.recv(min(length - len(data), 2**18))
            if not part:
                raise ConnectionResetError
            data += part
        return bytes(data)


def failed(code: Any) -> CallFailed:
    """Name a refusal by its number; its text may hold data and stays here."""
    number = code if isinstance(code, int) else 0
    name = _KINDS.get(number, "request_refused")
    if number in _NOT_PRIMARY or number in _ON_THE_WAY:
        name = "upstream_fault" if number in _NOT_PRIMARY else "unreachable"
    message = f"The database answered with code {number}." if number else ""
    return CallFailed(name, message, surely_not_sent=name not in {"timeout", "unreachable"})


@contextlib.contextmanager
def _refusing_what_is_no_bson() -> Iterator[None]:
    try:
        yield
    except (bson.errors.BSONError, OverflowError, TypeError, ValueError, RecursionError):
        raise InvalidArguments("A value is none that MongoDB can hold.") from None


def _written(command: dict[str, Any], number: int) -> bytes:
    with _refusing_what_is_no_bson():
        body = bson.encode(command, codec_options=_OPTIONS)
    if len(body) > MAX_SENT:
        raise InvalidArguments("The documents are larger than 16 MiB.")
    size = _HEADER.size + _FLAGS.size + len(body)
    return _HEADER.pack(size, number, 0, OP_MSG) + _FLAGS.pack(0, 0) + body


def _read(data: bytes) -> dict[str, Any]:
    """Read flags and the one section of kind 0; a checksum at the end is left out."""
    flags, kind = _FLAGS.unpack_from(data)
    if kind != 0 or flags & ~CHECKSUM_PRESENT:
        raise _strange()
    end = len(data) - 4 if flags & CHECKSUM_PRESENT else len(data)
    try:
        return dict(bson.decode(data[_FLAGS.size : end], codec_options=_OPTIONS))
    except (bson.errors.BSONError, ValueError, RecursionError):
        raise _strange() from None


def _strange() -> CallFailed:
    return CallFailed("bad_answer", "The server did not speak the protocol of MongoDB.")
