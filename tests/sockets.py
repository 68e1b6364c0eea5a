"""A guard for tests: no connection and no name look-up beyond this machine."""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any

OWN_NAMES = {"", "localhost", "localhost.localdomain", "testserver", socket.gethostname()}


class OutsideAddress(RuntimeError):
    """A test reached for the network. Not an OSError, so that no code under test swallows it."""


def shut() -> None:
    """Refuse every address but loopback and unix sockets, from now on, in this process."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        _check_address(arguments[0], arguments[1])
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        _check_name(arguments[0])


def _check_address(opened: socket.socket, address: Any) -> None:
    if opened.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
        _check_name(address[0])


def _check_name(name: str | bytes | None) -> None:
    text = name.decode() if isinstance(name, bytes) else name or ""
    if text not in OWN_NAMES and not _is_loopback(text):
        raise OutsideAddress(f"Tests may not reach {text!r}: no sockets beyond this machine.")


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False
