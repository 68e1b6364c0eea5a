"""What drivers share: sockets to checked addresses, TLS of four strengths, time, plain values."""

from __future__ import annotations

import base64
import contextlib
import math
import socket
import ssl
import tempfile
import threading
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certifi

from connectors.session import CallFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spojit.lib.outbound import PinnedAddress

CONNECT_SECONDS = 5
TOTAL_SECONDS = 25
"""For connecting and everything after it, below the 30 s that a call may take."""


def dial(pinned: PinnedAddress) -> socket.socket:
    """Open a socket to the checked address. Raises: CallFailed."""
    with network_failures(sent=False):
        opened = socket.create_connection((pinned.address, pinned.port), timeout=CONNECT_SECONDS)
        opened.settimeout(TOTAL_SECONDS)
        return opened


def secure(opened: socket.socket, context: ssl.SSLContext, *, host: str) -> ssl.SSLSocket:
    """Put TLS on a socket, for the name and not the address. Raises: CallFailed."""
    opened.settimeout(CONNECT_SECONDS)
    try:
        with network_failures(sent=False):
            secured = context.wrap_socket(opened, server_hostname=host)
    except CallFailed as failed:
        if failed.outcome == "timeout":
            raise CallFailed(
                "tls", "The server does not speak TLS here.", surely_not_sent=True
            ) from None
        raise
    secured.settimeout(TOTAL_SECONDS)
    return secured


def tls_context(strength: str, *, ca_files: tuple[str, ...], ca_text: str) -> ssl.SSLContext:
    """Make a context: `verify` checks certificate and name, `ca` the certificate, else nothing.

    Raises:
        CallFailed: the certificate authority's text holds no certificate.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for file in filter(None, ca_files):
        context.load_verify_locations(cafile=file)
    if ca_text:
        with network_failures(sent=False):
            context.load_verify_locations(cadata=ca_text)
    if strength != "verify":
        context.check_hostname = False
    if strength not in {"verify", "ca"}:
        context.verify_mode = ssl.CERT_NONE
    return context


@contextlib.contextmanager
def ca_bundle(*, ca_files: tuple[str, ...], ca_text: str) -> Iterator[str]:
    """Give one file with every trusted certificate, for libraries in C that want a path."""
    files = [file for file in ca_files if file]
    if not files and not ca_text:
        yield certifi.where()
        return
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as bundle:
        texts = [_read(file) for file in (certifi.where(), *files)]
        bundle.write("\n".join([*texts, ca_text]))
        bundle.flush()
        yield bundle.name


@contextlib.contextmanager
def deadline(close: Callable[[], Any], *, seconds: float = TOTAL_SECONDS) -> Iterator[None]:
    """Close what is used when its time is up, and call the failure that follows a timeout."""
    fired = threading.Event()

    def end() -> None:
        fired.set()
        close()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except CallFailed:
        if fired.is_set():
            raise CallFailed("timeout", "The server did not answer in time.") from None
        raise
    finally:
        timer.cancel()


@contextlib.contextmanager
def network_failures(*, sent: bool = True) -> Iterator[None]:
    """Name what went wrong on the way; `sent` says whether the request may have arrived."""
    try:
        yield
    except ssl.SSLError:
        raise CallFailed(
            "tls", "No secure connection could be made.", surely_not_sent=not sent
        ) from None
    except TimeoutError:
        message = "The server did not answer in time."
        raise CallFailed("timeout", message, surely_not_sent=not sent) from None
    except OSError:
        message = "The server could not be reached."
        raise CallFailed("unreachable", message, surely_not_sent=not sent) from None


def plain(value: Any) -> Any:
    """Write a value of a database the way JSON can hold it; nothing is rounded.

    Decimals and large things become texts, bytes become Base64, times ISO 8601.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return _finite(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become texts."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


@lru_cache(maxsize=4)
def _read(file: str) -> str:
    return Path(file).read_text(encoding="ascii", errors="ignore")
