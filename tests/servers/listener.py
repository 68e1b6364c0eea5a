"""Accepts connections on loopback and gives each to a thread; ends with everything closed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

Handler = Callable[[socket.socket], None]


class Listener:
    """An open port. `connections` counts what was accepted."""

    def __init__(
        self, handle: Handler, *, host: str, tls: ssl.SSLContext | None, port: int = 0
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family)
        self.host, self.port = self._socket.getsockname()[:2]
        self.connections = 0
        self._handle, self._tls = handle, tls
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._is_closing = threading.Event()
        self._threads[0].start()

    def close(self) -> None:
        self.stop_accepting()
        self.disconnect()
        for thread in self._threads:
            thread.join(timeout=5)

    def stop_accepting(self) -> None:
        """Refuse new connections; those that are open go on."""
        self._is_closing.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def disconnect(self) -> None:
        """Close every connection, as a server does with idle ones; the port stays open."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._is_closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket) -> None:
        connection = plain
        self._open.add(plain)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                connection = self._tls.wrap_socket(plain, server_side=True)
                self._open.add(connection)
            self._handle(connection)
        except (OSError, ValueError):
            pass
        finally:
            self._open -= {plain, connection}
            connection.close()
            plain.close()


@contextmanager
def listening(
    handle: Handler,
    *,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    port: int = 0,
) -> Iterator[Listener]:
    listener = Listener(handle, host=host, tls=tls, port=port)
    try:
        yield listener
    finally:
        listener.close()
