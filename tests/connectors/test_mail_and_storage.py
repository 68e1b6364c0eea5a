"""SMTP against a sink with TLS, and S3 against moto."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from connectors import execution, registry
from connectors.execution import InvalidArguments
from spojit.lib.outbound import Policy
from tests import servers
from tests.servers.policies import LOOPBACK, resolver

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Envelope, LoginPassword, Session

    from connectors.identity import Verified
    from connectors.outcomes import Outcome


class Sink:
    """Keeps every mail, and knows one user."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        return "250 taken"

    def sign_in(self, *words: Any) -> AuthResult:
        data: LoginPassword = words[-1]
        is_right = (data.login, data.password) == (b"ada", b"sesame")
        return AuthResult(success=is_right, handled=False)


class Mail:
    """A running sink and the policy under which smtp.example.com is it."""

    def __init__(self, sink: Sink, port: int, authority: servers.Authority) -> None:
        self.mails = sink.mails
        self.values = {
            "host": "smtp.example.com",
            "port": str(port),
            "tls": "starttls",
            "username": "ada",
            "password": "sesame",
        }
        self.policy = Policy(
            allowed_networks=LOOPBACK,
            allowed_ports=frozenset({port}),
            resolver=resolver({"smtp.example.com": "127.0.0.1", "other.example.com": "127.0.0.1"}),
            ca_bundle=str(authority.bundle),
        )

    def verify(self, **change: str) -> Verified:
        smtp = registry.get("smtp")
        values = self.values | change
        return execution.verify(smtp, smtp.scheme("basic"), values, policy=self.policy)

    def call(self, tool: str, **arguments: Any) -> Outcome:
        smtp = registry.get("smtp")
        scheme = smtp.scheme("basic")
        return execution.call(
            smtp, scheme, smtp.tool(tool), self.values, arguments, policy=self.policy
        )


@contextlib.contextmanager
def sinking(authority: servers.Authority, *, tls: ssl.SSLContext | None) -> Iterator[Mail]:
    sink = Sink()
    controller = Controller(
        sink,
        hostname="127.0.0.1",
        port=_free_port(),
        tls_context=tls,
        auth_require_tls=True,
        authenticator=sink.sign_in,
        auth_required=True,
    )
    controller.start()
    try:
        yield Mail(sink, controller.port, authority)
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def authority(tmp_path: Path) -> servers.Authority:
    return servers.Authority(tmp_path)


@pytest.fixture
def mail(authority: servers.Authority) -> Iterator[Mail]:
    with sinking(authority, tls=authority.issue("smtp.example.com")) as found:
        yield found


def test_a_mail_server_is_verified_without_a_mail(mail: Mail) -> None:
    verified = mail.verify()
    assert verified.outcome.name == "ok"
    assert verified.account_id == "ada@smtp.example.com"
    assert verified.account_name == "ada on smtp.example.com"
    assert mail.mails == []


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"password": "wrong"}, "credentials_refused"),
        ({"host": "other.example.com"}, "tls"),
        ({"host": "nowhere.example.com"}, "name_not_found"),
    ],
)
def test_failures_of_a_mail_server_have_their_outcomes(
    mail: Mail, change: dict[str, str], outcome: str
) -> None:
    assert mail.verify(**change).outcome.name == outcome


def test_a_server_whose_encryption_was_stripped_learns_no_password(
    authority: servers.Authority,
) -> None:
    with sinking(authority, tls=None) as stripped:
        verified = stripped.verify()
    assert verified.outcome.name == "tls"
    assert verified.outcome.detail == "The server offers no encryption (STARTTLS)."


def test_a_mail_is_sent_with_its_parts(mail: Mail) -> None:
    outcome = mail.call(
        "send_email",
        sender="Shop <shop@example.com>",
        to=["ada@example.com"],
        bcc=["audit@example.com"],
        subject="Grüße",
        text="Thank you.",
        html="<p>Thank you.</p>",
    )
    assert outcome.name == "ok"
    assert outcome.data["refused"] == []
    assert outcome.data["message_id"].endswith("@example.com>")
    (envelope,) = mail.mails
    assert envelope.rcpt_tos == ["ada@example.com", "audit@example.com"]
    assert b"audit@example.com" not in (envelope.content or b"")


def test_a_header_cannot_be_smuggled_into_a_mail(mail: Mail) -> None:
    for change in (
        {"subject": "Hi\nBcc: x@example.com"},
        {"sender": "a@example.com\r\nBcc: x@example.com"},
    ):
        with pytest.raises(InvalidArguments):
            mail.call(
                "send_email",
                **{"sender": "a@example.com", "to": ["b@example.com"], "subject": "Hi"} | change,
            )
    assert mail.mails == []


def test_a_server_describes_itself(mail: Mail) -> None:
    assert "size" in mail.call("describe_server").data["extensions"]


@pytest.fixture(scope="module")
def s3() -> Iterator[tuple[dict[str, str], Policy]]:
    """Values for moto's S3, with signatures checked after these tests made their own user."""
    server_module = pytest.importorskip("moto.server")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    values = {
        "service_url": "compatible",
        "endpoint": f"http://127.0.0.1:{port}",
        "region": "us-east-1",
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    }
    policy = Policy(allowed_networks=LOOPBACK, allowed_ports=frozenset({int(port)}))
    yield values, policy
    server.stop()


def call_s3(s3: tuple[dict[str, str], Policy], tool: str, **arguments: Any) -> Outcome:
    connector = registry.get("s3")
    scheme = connector.scheme("aws_sigv4")
    values, policy = s3
    return execution.call(connector, scheme, connector.tool(tool), values, arguments, policy=policy)


def test_s3_says_whose_buckets_they_are(s3: tuple[dict[str, str], Policy]) -> None:
    connector = registry.get("s3")
    scheme = connector.scheme("aws_sigv4")
    verified = execution.verify(connector, scheme, s3[0], policy=s3[1])
    assert verified.outcome.name == "ok"
    assert verified.account_id != ""
    assert verified.called == f"GET {s3[0]['endpoint']}/"


def test_s3_objects_are_written_read_listed_and_deleted(s3: tuple[dict[str, str], Policy]) -> None:
    made = call_s3(s3, "request", method="PUT", path="/shop-files")
    assert made.name == "ok"
    written = call_s3(
        s3, "put_object", bucket="shop-files", key="orders/a b+ü.txt", content="Grüße"
    )
    assert written.name == "ok"
    read = call_s3(s3, "get_object", bucket="shop-files", key="orders/a b+ü.txt")
    assert read.data == "Grüße"
    listed = call_s3(s3, "list_objects", bucket="shop-files", prefix="orders/")
    assert listed.data["ListBucketResult"]["Contents"]["Key"] == "orders/a b+ü.txt"
    gone = call_s3(s3, "delete_object", bucket="shop-files", key="orders/a b+ü.txt")
    assert gone.name == "ok"
    missing = call_s3(s3, "get_object", bucket="shop-files", key="orders/a b+ü.txt")
    assert missing.name == "not_found"


@pytest.mark.parametrize(
    ("code", "outcome", "limited"),
    [
        ("InvalidAccessKeyId", "credentials_refused", False),
        ("SignatureDoesNotMatch", "credentials_refused", False),
        ("AccessDenied", "ok", True),
    ],
)
def test_s3_errors_mean_what_is_declared(
    code: str, outcome: str, limited: bool, tmp_path: Path
) -> None:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode()
    reply = servers.Reply(403, {"Content-Type": "application/xml"}, body)
    with servers.recording(reply) as server:
        connector = registry.get("s3")
        values = {
            "service_url": "compatible",
            "endpoint": server.url,
            "region": "auto",
            "access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "secret_access_key": "secret-of-the-key",
        }
        verified = execution.verify(
            connector, connector.scheme("aws_sigv4"), values, policy=servers.policy(server)
        )
    assert (verified.outcome.name, verified.limited) == (outcome, limited)
    assert b"secret-of-the-key" not in server.everything
