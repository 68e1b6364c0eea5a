"""A small HTTPS server on loopback that plays every host, and writes down what it was asked."""

from __future__ import annotations

import contextlib
import json
import ssl
import tempfile
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.manifest import Connector
from spojit.lib import clock
from spojit.lib.outbound import Policy
from spojit.lib.outbound.addresses import networks

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES = (
    "api.github.com",
    "*.ghe.com",
    "*.example.com",
    "api.stripe.com",
    "api.resend.com",
    "*.amazonaws.com",
    "*.us-east-1.amazonaws.com",
    "*.s3.us-east-1.amazonaws.com",
)


@dataclass
class Recorded:
    """One request as it arrived."""

    method: str
    host: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def everything(self) -> str:
        """All of it as one text, to search for what should not be there."""
        lines = [f"{name}: {value}" for name, value in self.headers.items()]
        return "\n".join([self.path, self.query, *lines, self.body.decode("latin-1")])


@dataclass
class Reply:
    """What the server says next."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body as sent."""
        if isinstance(self.body, bytes | str):
            return self.body if isinstance(self.body, bytes) else self.body.encode()
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass
class Recorder:
    """The server's memory: what to reply, in turn, and what came."""

    port: int = 0
    ca_path: str = ""
    replies: list[Reply] = field(default_factory=list)
    requests: list[Recorded] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def reply(self, body: Any = None, *, status: int = 200, **headers: str) -> None:
        """Queue one reply; the last one is repeated."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.replies.append(Reply(status, body, named))

    def resolve(self, host: str, _port: int) -> list[str]:
        """Play the name server: every name is this machine."""
        self.names.append(host)
        return ["127.0.0.1"]

    def policy(self, **limits: Any) -> Policy:
        """Make a policy under which every https host is this server, if `moved` to its port."""
        return Policy(
            allowed_networks=networks(["127.0.0.0/8"]),
            allowed_ports=frozenset({443, self.port}),
            resolver=self.resolve,
            ca_bundle=self.ca_path,
            **limits,
        )

    def moved(self, connector: Connector) -> Connector:
        """Give the same connector with this server's port on each of its hosts."""
        data = dict(connector)
        data["service_urls"] = [
            url.model_copy(update={"url": self._moved_url(url.url)})
            for url in connector.service_urls
        ]
        data["hosts"] = [f"{host}:{self.port}" for host in connector.hosts]
        return Connector.model_construct(**data)

    def _moved_url(self, url: str) -> str:
        authority, slash, path = url.removeprefix("https://").partition("/")
        return url if url.startswith("{") else f"https://{authority}:{self.port}{slash}{path}"


@contextlib.contextmanager
def serving() -> Iterator[Recorder]:
    """Run the server for a while."""
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder()
        context, recorder.ca_path = _certificates(Path(folder))
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(recorder))
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True)
        recorder.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            server.server_close()


def _handler(recorder: Recorder) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            host = headers.get("host", "").rpartition(":")[0]
            recorder.requests.append(
                Recorded(self.command, host, url.path, url.query, headers, self.rfile.read(length))
            )
            waiting = recorder.replies
            reply = (waiting.pop(0) if len(waiting) > 1 else waiting[0]) if waiting else Reply()
            self.send_response(reply.status)
            kind = "application/json" if not isinstance(reply.body, str) else "text/plain"
            for name, value in ({"content-type": kind} | reply.headers).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


def _certificates(folder: Path) -> tuple[ssl.SSLContext, str]:
    """Make a certificate of our own for every place, and the context that shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    now = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(place) for place in PLACES]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = folder / "key.pem"
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, secret)
    return context, str(path)
