"""Mail over SMTP. Encryption cannot be stripped: without TLS nothing is said, password least."""

from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Annotated

from pydantic import Field as Argument
from typing_extensions import TypedDict

from connectors.catalogue._smtp import connect, failures
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
from connectors.session import Account, Session
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


def verify(session: Session) -> Account:
    """Greet, encrypt, sign in and leave. No mail is begun."""
    user, host = session.values.get("username", ""), session.values["host"]
    with connect(session):
        name = f"{user} on {host}" if user else host
        return Account(id=f"{user}@{host}" if user else host, name=name, place=host)


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
    with connect(session) as client, failures():
        refused = client.send_message(message, to_addrs=recipients)
    return Sent(message_id=str(message["Message-ID"]), refused=sorted(refused))


def describe_server(session: Session) -> Server:
    """Gives what the server offers: size limit, encodings, ways to sign in. Sends nothing."""
    with connect(session) as client:
        extensions = {name: value.strip() for name, value in client.esmtp_features.items()}
        return Server(host=session.values["host"], extensions=extensions)


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
