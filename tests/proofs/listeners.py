"""Servers that are none: each says what a server says first, asks for the password in clear text,
and keeps every byte that it heard. Redis and mail repeat them, as careless servers do.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.servers.listener import Listener, listening

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    Speak = Callable[[socket.socket, "Ear"], None]

SSL_REQUEST = struct.pack("!II", 8, 80877103)
# AuthenticationCleartextPassword, PostgreSQL's message formats.
ASK_IN_CLEAR = b"R" + struct.pack("!II", 8, 3)
# Protocol::HandshakeV10 of MySQL: 4.1 protocol, a database, secure connection, plug-ins.
CAPABILITIES = 0x8 | 0x200 | 0x8000 | 0x80000
SWITCH_TO_CLEAR = b"\xfemysql_clear_password\x00"


@dataclass
class Ear:
    """A running listener, and all that was said to it."""

    said: list[bytes] = field(default_factory=list)
    _listener: Listener | None = None

    @property
    def port(self) -> int:
        assert self._listener is not None
        return int(self._listener.port)

    @property
    def connections(self) -> int:
        assert self._listener is not None
        return self._listener.connections

    def hear(self, opened: socket.socket) -> bytes:
        """Read what comes next, and keep it."""
        self.said.append(opened.recv(65_536))
        return self.said[-1]


@contextmanager
def service(kind: str) -> Iterator[Ear]:
    """Run a listener that passes for a `postgresql`, `mysql`, `redis` or `smtp`."""
    ear = Ear()
    with listening(lambda opened: SPEAK[kind](opened, ear)) as running:
        ear._listener = running
        yield ear


def heard(ear: Ear, text: str) -> bool:
    """Whether a listener was told this."""
    return text.encode() in b"".join(ear.said)


def _postgresql(opened: socket.socket, ear: Ear) -> None:
    if ear.hear(opened) == SSL_REQUEST:
        opened.sendall(b"N")
        ear.hear(opened)
    opened.sendall(ASK_IN_CLEAR)
    ear.hear(opened)


def _mysql(opened: socket.socket, ear: Ear) -> None:
    opened.sendall(_packet(0, _greeting()))
    ear.hear(opened)
    opened.sendall(_packet(2, SWITCH_TO_CLEAR))
    ear.hear(opened)


def _greeting() -> bytes:
    low, high = CAPABILITIES & 0xFFFF, CAPABILITIES >> 16
    fixed = struct.pack("<HBHHB", low, 45, 2, high, 21)
    nonce = b"12345678", b"123456789012\x00"
    named = b"mysql_native_password\x00"
    return (
        b"\x0a8.0.36\x00" + struct.pack("<I", 7) + nonce[0] + b"\x00" + fixed
        + bytes(10) + nonce[1] + named
    )  # fmt: skip


def _packet(number: int, payload: bytes) -> bytes:
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload


def _redis(opened: socket.socket, ear: Ear) -> None:
    while said := ear.hear(opened):
        opened.sendall(b"-ERR " + _in_one_line(said))


def _smtp(opened: socket.socket, ear: Ear) -> None:
    opened.sendall(b"220 ready\r\n")
    while said := ear.hear(opened):
        opened.sendall(b"500 " + _in_one_line(said))


def _in_one_line(said: bytes) -> bytes:
    return b" ".join(said.split()) + b"\r\n"


SPEAK: dict[str, Speak] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "redis": _redis,
    "smtp": _smtp,
}
