"""Mail over SMTP. Encryption cannot be stripped: without TLS nothing is said, password least."""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Annotated, Any

from pydantic import Field as Argument
from typing_extensions import TypedDict

from connectors import drivers
from connectors.encoding import InvalidArguments
from connectors.functions import tool
from connectors.manifest import (
    Choice,
    Connector,
    Example,
    Field,
    Icon,
    Link,
    Monogram,
    Scheme,
    Verification,
)
from connectors.session import Account, CallFailed, Session
from connectors.sql import ca_field

MAX_RECIPIENTS = 100
PORTS = [25, 465, 587, 2525]

Address = Annotated[str, Argument(min_length=3, max_length=320, pattern=r"^[^\r\n]*@[^\r\n]*$")]
Addresses = Annotated[list[Address], Argument(min_length=1, max_length=MAX_RECIPIENTS)]
More = Annotated[list[Address], Argument(max_length=MAX_RECIPIENTS)]


class Sent(TypedDict):
    """What became of a mail: its ID, and recipients that the server would not take."""

    message_id: str
    refused: list[str]


class Server(TypedDict):
    """What a server says of itself: extensions of ESMTP and their parameters."""

    host: str
    extensions: dict[str, str]


class _Pinned(smtplib.SMTP):
    """An SMTP client on a socket that is already open; `_host` is the name that TLS checks."""

    def __init__(self, opened: socket.socket, *, host: str) -> None:
        self._opened = opened
        super().__init__(timeout=drivers.TOTAL_SECONDS)
        self._host = host

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002
        return self._opened


def verify(session: Session) -> Account:
    """Greet, encrypt, sign in and leave. No mail is begun."""
    user, host = session.values.get("username", ""), session.values["host"]
    with _connect(session):
        name = f"{user} on {host}" if user else host
        return Account(id=f"{user}@{host}" if user else host, name=name)


def send_email(  # noqa: PLR0913 - the parts of a mail
    session: Session,
    *,
    sender: Annotated[Address, Argument(description="Such as Shop <shop@example.com>.")],
    to: Annotated[Addresses, Argument(description="Who gets it.")],
    subject: Annotated[str, Argument(max_length=998, pattern=r"^[^\r\n]*$")],
    text: Annotated[str, Argument(description="The mail as plain text.")] = "",
    html: Annotated[str, Argument(description="The same as HTML.")] = "",
    cc: More | None = None,
    bcc: More | None = None,
    reply_to: Address | None = None,
) -> Sent:
    """Sends one mail. Recipients that the server refuses are named; if it refuses all, it fails."""
    message = _message(sender, to, subject, text, html, cc or [], reply_to)
    recipients = [*to, *(cc or []), *(bcc or [])]
    with _connect(session) as client, _failures():
        refused = client.send_message(message, to_addrs=recipients)
    return Sent(message_id=str(message["Message-ID"]), refused=sorted(refused))


def describe_server(session: Session) -> Server:
    """Gives what the server offers: size limit, encodings, ways to sign in. Sends nothing."""
    with _connect(session) as client:
        extensions = {name: value.strip() for name, value in client.esmtp_features.items()}
        return Server(host=session.values["host"], extensions=extensions)


@contextlib.contextmanager
def _connect(session: Session) -> Iterator[_Pinned]:
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
            client = _Pinned(opened, host=values["host"])
            with _failures(sent=False):
                _greet(client, values, context)
            yield client
            with contextlib.suppress(OSError, smtplib.SMTPException):
                client.quit()


def _greet(client: _Pinned, values: Any, context: ssl.SSLContext) -> None:
    """Greet; where TLS is not there from the start, it must be offered before anything else."""
    code, _ = client.connect(values["host"], int(values["port"]))
    if code != 220:
        raise CallFailed("bad_answer", "The server did not greet the way mail servers do.")
    client.ehlo()
    if values.get("tls", "starttls") == "starttls":
        if not client.has_extn("starttls"):
            raise CallFailed("tls", "The server offers no encryption (STARTTLS).")
        client.starttls(context=context)
        client.ehlo()
    if values.get("username"):
        client.login(values["username"], values.get("password", ""))


def _message(
    sender: str,
    to: list[str],
    subject: str,
    text: str,
    html: str,
    cc: list[str],
    reply_to: str | None,
) -> EmailMessage:
    """Write the mail. Raises: InvalidArguments for an address that is none."""
    message = EmailMessage()
    headers = {"From": sender, "To": ", ".join(to), "Cc": ", ".join(cc), "Reply-To": reply_to}
    try:
        message["Subject"] = subject
        for name, value in headers.items():
            if value:
                message[name] = value
    except (ValueError, IndexError):
        raise InvalidArguments("An address or the subject is not well-formed.") from None
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("<> ") or None)
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


@contextlib.contextmanager
def _failures(*, sent: bool = True) -> Iterator[None]:
    """Name what the server refused; its own text stays here."""
    try:
        with drivers.network_failures(sent=sent):
            yield
    except smtplib.SMTPAuthenticationError as error:
        _raise(error.smtp_code, "credentials_refused")
    except smtplib.SMTPNotSupportedError:
        raise CallFailed(
            "request_refused", "The server offers no way to sign in.", surely_not_sent=True
        ) from None
    except smtplib.SMTPRecipientsRefused:
        raise CallFailed(
            "request_refused", "The server takes none of the recipients.", surely_not_sent=True
        ) from None
    except smtplib.SMTPResponseException as error:
        _raise(error.smtp_code, "request_refused")
    except smtplib.SMTPServerDisconnected:
        message = "The server hung up."
        raise CallFailed("unreachable", message, surely_not_sent=not sent) from None
    except smtplib.SMTPException:
        raise CallFailed("bad_answer", surely_not_sent=not sent) from None


def _raise(code: int, name: str) -> None:
    """Tell a refusal: codes from 400 to 499 are passing ones (RFC 5321, section 4.2.1)."""
    name = "upstream_fault" if 400 <= code < 500 else name
    raise CallFailed(name, f"The server answered with code {code}.", surely_not_sent=True) from None


def _shut(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)


connector = Connector(
    key="smtp",
    name="SMTP",
    category="Email",
    summary="Send mail through any mail server.",
    icon=Icon(monogram=Monogram(text="@", color="#2f5d8a")),
    documentation=[
        Link(title="SMTP (RFC 5321)", url="https://www.rfc-editor.org/rfc/rfc5321"),
        Link(title="TLS for mail (RFC 8314)", url="https://www.rfc-editor.org/rfc/rfc8314"),
    ],
    before_you_start=[
        "Have the server's name, user and password at hand. Verification sends no mail.",
        "Accounts with two-factor sign-in usually need an app password.",
    ],
    ports=PORTS,
    schemes=[
        Scheme(
            key="basic",
            label="Mail server and password",
            source="https://www.rfc-editor.org/rfc/rfc4954",
            fields=[
                Field(
                    key="host",
                    label="Mail server",
                    kind="host",
                    endpoint=True,
                    placeholder="smtp.example.com",
                ),
                Field(
                    key="port",
                    label="Port",
                    help="587 with STARTTLS, 465 with TLS from the start.",
                    kind="port",
                    endpoint=True,
                    default="587",
                ),
                Field(
                    key="tls",
                    label="Encryption",
                    choices=[
                        Choice(value="starttls", label="STARTTLS (port 587)"),
                        Choice(value="implicit", label="TLS from the start (port 465)"),
                    ],
                    default="starttls",
                    endpoint=True,
                ),
                Field(
                    key="username",
                    label="User",
                    help="Often the whole address. Empty for a relay that wants none.",
                    required=False,
                ),
                Field(key="password", label="Password", secret=True, required=False),
                ca_field(),
            ],
            verification=Verification(
                function=verify,
                called="EHLO, STARTTLS, AUTH and QUIT; no mail is sent",
                source="https://www.rfc-editor.org/rfc/rfc4954",
            ),
        )
    ],
    tools=[
        tool(
            send_email,
            title="Send a mail",
            effect="write",
            source="https://www.rfc-editor.org/rfc/rfc5322",
            example=Example(
                arguments={
                    "sender": "Shop <shop@example.com>",
                    "to": ["ada@example.com"],
                    "subject": "Your order",
                    "text": "Thank you.",
                },
                answer={"message_id": "<1@example.com>", "refused": []},
            ),
        ),
        tool(
            describe_server,
            title="Describe the server",
            source="https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.1",
            example=Example(
                arguments={},
                answer={"host": "smtp.example.com", "extensions": {"size": "10485760"}},
            ),
        ),
    ],
)
