"""A server that remembers everything it received and answers as it was told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from tests.servers.listener import Listener, listening

if TYPE_CHECKING:
    import socket
    import ssl
    from io import BufferedReader


@dataclass(frozen=True)
class Received:
    """One request as it arrived; `headers` in lower case, `raw` is every byte of it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    raw: bytes
    server_name: str = ""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer; Content-Length is added."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"

    def encode(self, *, with_body: bool = True) -> bytes:
        fields = {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        lines = [f"{name}: {value}" for name, value in (fields | dict(self.headers)).items()]
        head = "\r\n".join([f"HTTP/1.1 {self.status} Said", *lines, "", ""])
        return head.encode("latin-1") + (self.body if with_body else b"")


Answering = Reply | Mapping[str, Reply] | Callable[[Received], Reply]


def json_reply(value: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, named, json.dumps(value).encode())


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(status, {"Location": location}, b"")


@dataclass
class Server:
    """A running server; `requests` grows as they come in."""

    listener: Listener
    is_secure: bool
    requests: list[Received]

    @property
    def host(self) -> str:
        return str(self.listener.host)

    @property
    def port(self) -> int:
        return int(self.listener.port)

    @property
    def connections(self) -> int:
        """How many connections were opened to it so far."""
        return self.listener.connections

    @property
    def url(self) -> str:
        return self.url_for(self.host)

    @property
    def everything(self) -> bytes:
        """All bytes of all requests, to search for what must not be there."""
        return b"\n".join(received.raw for received in self.requests)

    def url_for(self, host: str, path: str = "") -> str:
        shown = f"[{host}]" if ":" in host else host
        return f"http{'s' if self.is_secure else ''}://{shown}:{self.port}{path}"

    def disconnect(self) -> None:
        """Close all its connections, as a server does with idle ones."""
        self.listener.disconnect()


@contextmanager
def recording(
    answer: Answering | None = None,
    *,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    port: int = 0,
) -> Iterator[Server]:
    """Run a server (port 0: a free one): one answer for all, one per path, or a function's."""
    requests: list[Received] = []

    def handle(connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while received := receive(stream, connection):
                requests.append(received)
                reply = _choose(Reply() if answer is None else answer, received)
                connection.sendall(reply.encode(with_body=received.method != "HEAD"))
                if reply.headers.get("Connection") == "close":
                    return

    with listening(handle, host=host, tls=tls, port=port) as listener:
        yield Server(listener, tls is not None, requests)


def receive(stream: BufferedReader, connection: socket.socket) -> Received | None:
    """Read one request, or give None when the client has gone."""
    lines = [stream.readline()]
    while lines[-1] not in {b"\r\n", b""}:
        lines.append(stream.readline())
    if not lines[-1]:
        return None
    method, target, _ = lines[0].decode("latin-1").split(" ", 2)
    pairs = [line.decode("latin-1").rstrip("\r\n").partition(":") for line in lines[1:-1]]
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = stream.read(int(headers.get("content-length", 0)))
    name = getattr(connection, "context", None) and connection.context.seen_names.get(connection)  # type: ignore[attr-defined]
    return Received(method, target, headers, body, b"".join(lines) + body, name or "")


def _choose(answer: Answering, received: Received) -> Reply:
    if isinstance(answer, Reply):
        return answer
    if isinstance(answer, Mapping):
        return answer.get(received.path, Reply(404))
    return answer(received)
