"""The last line: a process with the audit hook opens sockets only to what was checked or is ours.

Drivers written in Python (PyMySQL, PyMongo, redis-py) are held by it; C libraries (libpq) are not,
they are given the checked address.
"""

from __future__ import annotations

import socket
import sys
import threading
from ipaddress import ip_address
from time import monotonic
from typing import Any

from spojit.lib.outbound.errors import AddressRefused

# How long a checked address may be connected to: longer than any call, short for a rebinding name.
CHECKED_SECONDS = 300.0
MOST_CHECKED = 8192
OWN_LOOKUP_SECONDS = 5.0

_LOOKUP = "socket.getaddrinfo"
_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})

_checked: dict[tuple[str, int], float] = {}
_own: set[tuple[str, int]] = set()
_own_addresses: dict[tuple[str, int], float] = {}
_lock = threading.Lock()
_is_installed = threading.Event()


class _Thread(threading.local):
    """What this thread looked up last: the ports of a service of ours, and until when it counts."""

    own_ports: frozenset[int] = frozenset()
    own_until = 0.0
    is_ours = False


_thread = _Thread()


def remember(address: str, port: int) -> None:
    """Let connections to this checked address pass for the next minutes."""
    if len(_checked) >= MOST_CHECKED:
        _forget_expired()
    _checked[_form(address), port] = monotonic() + CHECKED_SECONDS


def allow_own(host: str, port: int) -> None:
    """Let connections to one of our own services pass for ever: broker, database, mail.

    A name may move between addresses: right after a thread looked it up, that thread may connect
    to its port, and an unknown address is compared with a fresh look-up.
    """
    with _lock:
        _own.add((_form(host), port))


def install_audit_hook() -> None:
    """Start refusing, in this process and for its whole life, what was neither checked nor ours.

    Connecting elsewhere raises `AddressRefused` from the socket. Unix sockets pass.
    """
    with _lock:
        if _is_installed.is_set():
            return
        sys.addaudithook(_watch)
        _is_installed.set()


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == _LOOKUP:
        _note_look_up(arguments[0])
    elif event in _EVENTS:
        _refuse_unchecked(*arguments)


def _refuse_unchecked(opened: socket.socket, destination: Any) -> None:
    if destination is None or opened.family == socket.AF_UNIX:
        return
    if opened.family in _INTERNET and _may_connect(str(destination[0]), int(destination[1])):
        return
    raise AddressRefused("A connection to an address that was not checked was stopped.")


def _may_connect(host: str, port: int) -> bool:
    key = _form(host), port
    now = monotonic()
    if _checked.get(key, 0.0) > now or key in _own:
        return True
    return (port in _thread.own_ports and _thread.own_until > now) or _is_ours_by_name(key)


def _note_look_up(host: str | bytes | None) -> None:
    """Services with many addresses give other ones at each look-up, so the caller's own counts.

    Only the last look-up does: one for another host, or for a plain address, ends it.
    """
    if _thread.is_ours:
        return
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host or ""
    name = "" if _is_address(text) else _form(text)
    _thread.own_ports = frozenset(port for own, port in tuple(_own) if own == name)
    _thread.own_until = monotonic() + OWN_LOOKUP_SECONDS


def _is_ours_by_name(key: tuple[str, int]) -> bool:
    """Look our own names up again, at most every few seconds for one unknown address."""
    if key in _own_addresses and _own_addresses[key] > monotonic():
        return True
    names = [host for host, port in tuple(_own) if port == key[1]]
    if not any(key[0] in _look_up(name) for name in names):
        return False
    _own_addresses[key] = monotonic() + OWN_LOOKUP_SECONDS
    return True


def _look_up(name: str) -> set[str]:
    if _is_address(name):
        return set()
    _thread.is_ours = True
    try:
        return {_form(str(entry[4][0])) for entry in socket.getaddrinfo(name, None)}
    except OSError:
        return set()
    finally:
        _thread.is_ours = False


def _form(host: str) -> str:
    """One spelling per address; names in lower case; a zone makes it another address."""
    try:
        return str(ip_address(host))
    except ValueError:
        return host.lower()


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _forget_expired() -> None:
    now = monotonic()
    for key, expires in list(_checked.items()):
        if expires <= now:
            _checked.pop(key, None)
    while len(_checked) >= MOST_CHECKED:
        _checked.pop(next(iter(_checked)), None)
