"""A mail server that delivers nowhere and remembers: log-in, STARTTLS, envelopes."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

NAME = "mail.test"
USER = "postman"


@dataclass
class MailSink:
    """A running mail server.

    Attributes:
        envelopes: what was accepted, in order.
        attempts: user and password of every log-in, good or bad, in order.
    """

    port: int
    password: str
    name: str = NAME
    user: str = USER
    host: str = "127.0.0.1"
    envelopes: list[Envelope] = field(default_factory=list)
    attempts: list[tuple[str, str]] = field(default_factory=list)

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any
    ) -> AuthResult:
        """Take the one user and password there are."""
        assert isinstance(given, LoginPassword)
        login, password = given.login.decode(), given.password.decode()
        self.attempts.append((login, password))
        return AuthResult(success=(login, password) == (self.user, self.password), handled=False)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep what came."""
        self.envelopes.append(envelope)
        return "250 Kept"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        """Refuse whom this server does not know."""
        if address.startswith("nobody@"):
            return "550 No such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@contextmanager
def mail_sink(
    tls: ssl.SSLContext | None, *, implicit: bool = False, password: str = "let the post in"
) -> Iterator[MailSink]:
    """Run a mail server that wants a log-in: behind STARTTLS, inside TLS at once, or in clear."""
    sink, is_behind_starttls = MailSink(_free_port(), password), tls is not None and not implicit
    controller = Controller(
        sink,
        hostname=sink.host,
        port=sink.port,
        ssl_context=tls if implicit else None,
        server_hostname=sink.name,
        authenticator=sink.authenticate,
        auth_required=is_behind_starttls,
        auth_require_tls=is_behind_starttls,
        tls_context=None if implicit else tls,
        require_starttls=is_behind_starttls,
    )
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
