"""Services that deliver over HTTP: many threads, each with a connection that it keeps."""

from __future__ import annotations

import itertools
import socket
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

HOST = "127.0.0.1"
PATIENCE_SECONDS = 60.0
AGAIN_SECONDS = 0.05
Job = TypeVar("Job")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, after how long, and how often nothing was."""

    status: int
    body: bytes
    seconds: float
    lost: int = 0


def written(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Write a POST as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Line:
    """A kept-alive connection to a web server, from an address of its own if wanted."""

    def __init__(self, port: int, *, source: str = HOST) -> None:
        self._port, self._source = port, source
        self._socket: socket.socket | None = None

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def post(self, raw: bytes) -> Answer:
        """Send a request and read the answer; nothing is sent again."""
        started, opened = time.perf_counter(), self._opened()
        try:
            opened.sendall(raw)
            status, body = _read(opened)
        except OSError:
            self.close()
            raise
        return Answer(status, body, time.perf_counter() - started)

    def insist(self, write: Callable[[], bytes]) -> Answer:
        """Send until something is answered, as services do: what came of the rest is not known."""
        for lost in itertools.count():
            self._wait_for_server()
            try:
                found = self.post(write())
            except OSError:
                continue
            return Answer(found.status, found.body, found.seconds, lost)
        raise AssertionError

    def _wait_for_server(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._socket is None:
            try:
                self._opened()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(AGAIN_SECONDS)

    def _opened(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(
                (HOST, self._port), timeout=PATIENCE_SECONDS, source_address=(self._source, 0)
            )
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket


def each(
    jobs: Iterable[Job], act: Callable[[Line, Job], None], *, port: int, sources: Sequence[str]
) -> None:
    """Act on the jobs in their order, by a thread from each of the sources."""
    waiting = deque(jobs)

    def work(source: str) -> None:
        with Line(port, source=source) as line:
            for job in _taken(waiting):
                act(line, job)

    with ThreadPoolExecutor(len(sources)) as threads:
        list(threads.map(work, sources))


def _taken(waiting: deque[Job]) -> Iterator[Job]:
    while True:
        try:
            yield waiting.popleft()
        except IndexError:
            return


def _read(opened: socket.socket) -> tuple[int, bytes]:
    """Read an answer that says how long it is, as each of ours does."""
    answer = b""
    while (end := answer.find(b"\r\n\r\n")) < 0:
        answer += _more(opened)
    head, body = answer[:end].lower(), answer[end + 4 :]
    assert b"content-length:" in head, answer
    length = int(head.partition(b"content-length:")[2].split(b"\r", 1)[0])
    while len(body) < length:
        body += _more(opened)
    return int(head.split(b" ", 2)[1]), body


def _more(opened: socket.socket) -> bytes:
    received = opened.recv(65_536)
    if not received:
        raise ConnectionResetError
    return received
