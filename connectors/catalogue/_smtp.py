"""How the SMTP connector reaches a server: pinned, encrypted before anything else, signed in."""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from typing import Any

from connectors import drivers
from connectors.session import CallFailed, Session


class PinnedClient(smtplib.SMTP):
    """An SMTP client on a socket that is already open; `_host` is the name that TLS checks."""

    def __init__(self, opened: socket.socket, *, host: str) -> None:
        self._opened = opened
        super().__init__(timeout=drivers.TOTAL_SECONDS)
        self._host = host

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002
        return self._opened


@contextlib.contextmanager
def connect(session: Session) -> Iterator[PinnedClient]:
    """Open, encrypt and sign in one connection for one use. Raises: CallFailed."""
    values = session.values
    opened = drivers.dial(session.address(values["host"], int(values["port"])))
    with contextlib.closing(opened), drivers.deadline(lambda: _shut(opened)):
        context = drivers.tls_context(
            "verify",
            ca_files=(session.policy.ca_bundle,),
            ca_text=values.get("ca_certificate", ""),
        )
        if values.get("tls", "starttls") == "implicit":
            opened = drivers.secure(opened, context, host=values["host"])
        with contextlib.closing(opened):
            client = PinnedClient(opened, host=values["host"])
            with contextlib.closing(client):
                with failures(sent=False):
                    _greet(client, values, context)
                yield client
                with contextlib.suppress(OSError):
                    client.quit()


def _greet(client: PinnedClient, values: Any, context: ssl.SSLContext) -> None:
    """Greet; where TLS is not there from the start, it must be offered before anything else."""
    code, _ = client.connect(values["host"], int(values["port"]))
    if code != 220:
        raise CallFailed("bad_answer", "The server did not greet the way mail servers do.")
    client.ehlo()
    if values.get("tls") != "implicit":
        if not client.has_extn("starttls"):
            raise CallFailed("tls", "The server offers no encryption (STARTTLS).")
        client.starttls(context=context)
        client.ehlo()
    if values.get("username"):
        _sign_in(client, values["username"], values.get("password", ""))


def _sign_in(client: PinnedClient, user: str, password: str) -> None:
    """Try once, by the best way that is offered: servers hang up, or lock out, after several."""
    offered = client.esmtp_features.get("auth", "").split()
    ways: dict[str, Any] = {
        "PLAIN": client.auth_plain,
        "LOGIN": client.auth_login,
        "CRAM-MD5": client.auth_cram_md5,
    }
    way = next((name for name in ways if name in offered), None)
    if way is None:
        raise smtplib.SMTPNotSupportedError
    client.user, client.password = user, password
    client.auth(way, ways[way])


@contextlib.contextmanager
def failures(*, sent: bool = True) -> Iterator[None]:
    """Name what the server refused; its own text stays here.

    The exceptions of smtplib are kinds of OSError: they are told apart before the network's.
    """
    with drivers.network_failures(sent=sent):
        try:
            yield
        except smtplib.SMTPException as error:
            raise _failed(error, sent=sent) from None
        except ssl.SSLError:  # a wrong certificate is a ValueError, too
            raise
        except ValueError:  # a challenge or an answer that is not text, or not base64
            raise CallFailed("bad_answer", surely_not_sent=not sent) from None


def _failed(error: smtplib.SMTPException, *, sent: bool) -> CallFailed:
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return CallFailed("unreachable", "The server hung up.", surely_not_sent=not sent)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        message = "The server takes none of the recipients."
        return CallFailed("request_refused", message, surely_not_sent=True)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        message = "The server offers no way to sign in."
        return CallFailed("request_refused", message, surely_not_sent=True)
    if isinstance(error, smtplib.SMTPResponseException):
        return _refusal(error)
    return CallFailed("bad_answer", surely_not_sent=not sent)


def _refusal(error: smtplib.SMTPResponseException) -> CallFailed:
    """Tell a refusal: codes from 400 to 499 are passing ones (RFC 5321, section 4.2.1)."""
    is_sign_in = isinstance(error, smtplib.SMTPAuthenticationError)
    name = "credentials_refused" if is_sign_in else "request_refused"
    passing = 400 <= error.smtp_code < 500
    message = f"The server answered with code {error.smtp_code}."
    return CallFailed("upstream_fault" if passing else name, message, surely_not_sent=True)


def _shut(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)
