"""SMTP against a sink with TLS, and S3 against moto with IAM's rules in force."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from connectors import execution, registry
from connectors.catalogue import _smtp
from connectors.execution import InvalidArguments
from connectors.session import CallFailed
from spojit.lib.outbound import Policy
from tests import servers, services
from tests.servers.policies import LOOPBACK, resolver
from tests.services.moto import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.identity import Verified
    from connectors.outcomes import Outcome
    from tests.services import Aws, MailSink


@dataclass
class Mail:
    """A running sink, and the policy under which it can be reached."""

    sink: MailSink
    authority: servers.Authority

    @property
    def values(self) -> dict[str, str]:
        return {
            "host": self.sink.name,
            "port": str(self.sink.port),
            "tls": "starttls",
            "username": self.sink.user,
            "password": self.sink.password,
        }

    @property
    def policy(self) -> Policy:
        return Policy(
            allowed_networks=LOOPBACK,
            allowed_ports=frozenset({self.sink.port}),
            resolver=resolver({self.sink.name: "127.0.0.1", "other.test": "127.0.0.1"}),
            ca_bundle=str(self.authority.bundle),
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


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> servers.Authority:
    return servers.Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def mail(authority: servers.Authority) -> Iterator[Mail]:
    with services.mail_sink(authority.issue("mail.test")) as sink:
        yield Mail(sink, authority)


def test_a_mail_server_is_verified_without_a_mail(mail: Mail) -> None:
    verified = mail.verify()
    assert verified.outcome.name == "ok"
    assert verified.account_id == "postman@mail.test"
    assert verified.account_name == "postman on mail.test"
    assert mail.sink.attempts == [("postman", mail.sink.password)]
    assert mail.sink.envelopes == []


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"password": "wrong"}, "credentials_refused"),
        ({"host": "other.test"}, "tls"),
        ({"host": "nowhere.test"}, "name_not_found"),
    ],
)
def test_failures_of_a_mail_server_have_their_outcomes(
    mail: Mail, change: dict[str, str], outcome: str
) -> None:
    assert mail.verify(**change).outcome.name == outcome


@pytest.mark.parametrize("tls", ["starttls", "", "off", "STARTTLS"])
def test_a_server_whose_encryption_was_stripped_learns_no_password(
    authority: servers.Authority, tls: str
) -> None:
    with services.mail_sink(None) as stripped:
        verified = Mail(stripped, authority).verify(tls=tls)
    assert stripped.attempts == []
    assert verified.outcome.name == "tls"
    assert verified.outcome.detail == "The server offers no encryption (STARTTLS)."


def test_a_garbled_challenge_is_a_bad_answer() -> None:
    with pytest.raises(CallFailed) as refused, _smtp.failures(sent=False):
        base64.b64decode("not base64", validate=True)
    assert (refused.value.outcome, refused.value.surely_not_sent) == ("bad_answer", True)


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
    (envelope,) = mail.sink.envelopes
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
    assert mail.sink.envelopes == []


def test_a_server_describes_itself(mail: Mail) -> None:
    assert "size" in mail.call("describe_server").data["extensions"]


@pytest.fixture(scope="module")
def aws(authority: servers.Authority) -> Iterator[Aws]:
    with services.aws(authority) as running:
        yield running


def s3_values(aws: Aws, user: str) -> dict[str, str]:
    key, secret = aws.keys[user]
    return {
        "service_url": "compatible",
        "endpoint": aws.url,
        "region": REGION,
        "access_key_id": key,
        "secret_access_key": secret,
    }


def s3_policy(aws: Aws) -> Policy:
    return Policy(
        allowed_networks=LOOPBACK,
        allowed_ports=frozenset({aws.port}),
        resolver=resolver({"localhost": aws.host}),
        ca_bundle=str(aws.authority.bundle),
    )


def call_s3(aws: Aws, tool: str, **arguments: Any) -> Outcome:
    s3 = registry.get("s3")
    values, policy = s3_values(aws, "writer"), s3_policy(aws)
    return execution.call(
        s3, s3.scheme("aws_sigv4"), s3.tool(tool), values, arguments, policy=policy
    )


def verify_s3(aws: Aws, user: str, **change: str) -> Verified:
    s3 = registry.get("s3")
    values = s3_values(aws, user) | change
    return execution.verify(s3, s3.scheme("aws_sigv4"), values, policy=s3_policy(aws))


def test_s3_says_whose_buckets_they_are(aws: Aws) -> None:
    verified = verify_s3(aws, "writer")
    assert verified.outcome.name == "ok"
    assert verified.account_id != ""
    assert verified.called == f"GET {aws.url}/"


def test_s3_keys_that_may_not_list_are_valid_but_limited(aws: Aws) -> None:
    verified = verify_s3(aws, "stranger")
    assert (verified.outcome.name, verified.limited, verified.account_id) == ("ok", True, "")
    assert (
        verify_s3(aws, "writer", secret_access_key="x" * 40).outcome.name == "credentials_refused"
    )


def test_s3_objects_are_written_read_listed_and_deleted(aws: Aws) -> None:
    made = call_s3(aws, "request", method="PUT", path="/shop-files")
    assert made.name == "ok"
    written = call_s3(
        aws, "put_object", bucket="shop-files", key="orders/a b+ü.txt", content="Grüße"
    )
    assert written.name == "ok"
    read = call_s3(aws, "get_object", bucket="shop-files", key="orders/a b+ü.txt")
    assert read.data == "Grüße"
    listed = call_s3(aws, "list_objects", bucket="shop-files", prefix="orders/")
    assert listed.data["ListBucketResult"]["Contents"]["Key"] == "orders/a b+ü.txt"
    gone = call_s3(aws, "delete_object", bucket="shop-files", key="orders/a b+ü.txt")
    assert gone.name == "ok"
    missing = call_s3(aws, "get_object", bucket="shop-files", key="orders/a b+ü.txt")
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
