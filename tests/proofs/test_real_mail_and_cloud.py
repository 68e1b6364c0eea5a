"""A real mail server, and AWS by moto: identity, refusals, limited keys; every tool once."""

from __future__ import annotations

import email
from email import policy as email_policy
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from connections import calls, credentials
from connections.calls import Use
from tests import factories, services
from tests.proofs import acts
from tests.services.moto import BUCKET
from workspaces.models import DataKey
from workspaces.vault import keyring
from workspaces.vault.roots import RootUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connections.models import Connection
    from connectors.outcomes import Outcome
    from tests.proofs.acts import Seen
    from tests.proofs.conftest import Move, Reach
    from tests.servers import Authority
    from tests.services import Aws, MailSink

pytestmark = pytest.mark.django_db

USE = Use("person", name="Alice")


def call(connection: Connection, tool: str, **arguments: Any) -> Outcome:
    """Run a tool as a person or a workflow does."""
    return calls.call(connection, tool=tool, arguments=arguments, use=USE)


# -- Mail ------------------------------------------------------------------------------------------


def mail(reach: Reach, move: Move, sink: MailSink, **changes: str) -> Seen:
    """Connect to a mail server, and have it verified."""
    reach(sink.port)
    move("smtp", sink.port)
    values = {"host": sink.name, "port": str(sink.port), "tls": "starttls"}
    signed_in = {"username": sink.user, "password": sink.password}
    workspace = factories.make_workspace()
    return acts.verify(acts.connect(workspace, "smtp", "basic", values | signed_in | changes))


@pytest.fixture
def sink(authority: Authority) -> Iterator[MailSink]:
    """A mail server that takes log-ins behind STARTTLS only."""
    with services.mail_sink(authority.issue("mail.test")) as running:
        yield running


def test_smtp_tells_whose_account_it_is_and_sends_nothing(
    reach: Reach, move: Move, sink: MailSink
) -> None:
    seen = mail(reach, move, sink)
    assert (seen.status, seen.outcome) == ("active", "ok")
    assert seen.connection.account_name == "postman on mail.test"
    assert sink.attempts == [(sink.user, sink.password)]
    assert sink.envelopes == []
    assert sink.password not in seen.page


def test_smtp_inside_tls_from_the_start(reach: Reach, move: Move, authority: Authority) -> None:
    with services.mail_sink(authority.issue("mail.test"), implicit=True) as sink:
        assert mail(reach, move, sink, tls="implicit").status == "active"


def test_smtp_refuses_a_wrong_password_by_name(reach: Reach, move: Move, sink: MailSink) -> None:
    seen = mail(reach, move, sink, password="not the password")
    acts.assert_said(seen, "credentials_refused", status="error")


@pytest.mark.parametrize("fault", ["no encryption", "another name"])
def test_smtp_says_no_password_without_verified_encryption(
    reach: Reach, move: Move, authority: Authority, fault: str
) -> None:
    tls = authority.issue("elsewhere.test") if fault == "another name" else None
    with services.mail_sink(tls) as sink:
        acts.assert_said(mail(reach, move, sink), "tls", status="error")
        assert sink.attempts == []


def test_smtp_runs_every_tool(reach: Reach, move: Move, sink: MailSink) -> None:
    connection = mail(reach, move, sink).connection
    described = call(connection, "describe_server").data
    assert described["host"] == "mail.test"
    assert "auth" in described["extensions"]
    sent = call(
        connection,
        "send_email",
        sender="Shop <shop@example.com>",
        to=["ada@example.com", "nobody@example.com"],
        bcc=["boss@example.com"],
        subject="Grüße",
        text="Thank you.",
        html="<p>Thank you.</p>",
    )
    assert sent.data["refused"] == ["nobody@example.com"]
    envelope = sink.envelopes[0]
    assert envelope.rcpt_tos == ["ada@example.com", "boss@example.com"]
    assert isinstance(envelope.content, bytes)
    message = email.message_from_bytes(envelope.content, policy=email_policy.default)
    assert (message["Subject"], message["Bcc"]) == ("Grüße", None)
    assert message["Message-ID"] == sent.data["message_id"]
    refused = call(connection, "send_email", sender="a@example.com", to=["nobody@example.com"],
                   subject="Hi", text="Hi")  # fmt: skip
    assert (refused.name, refused.detail) == (
        "request_refused",
        "The server takes none of the recipients.",
    )
    assert acts.look(connection).status == "active"
    assert len(sink.envelopes) == 1


# -- S3 --------------------------------------------------------------------------------------------


def s3(reach: Reach, move: Move, aws: Aws, user: str = "writer", **changes: str) -> Seen:
    """Connect to S3 with a user's key, and have it verified."""
    reach(aws.port)
    move("s3", aws.port)
    key, secret = aws.keys[user]
    values = {"service_url": "aws", "region": "us-east-1", "access_key_id": key}
    given = values | {"secret_access_key": secret} | changes
    return acts.verify(acts.connect(factories.make_workspace(), "s3", "aws_sigv4", given))


def test_s3_tells_whose_account_it_is(reach: Reach, move: Move, aws: Aws) -> None:
    seen = s3(reach, move, aws)
    assert (seen.status, seen.outcome, seen.connection.is_limited) == ("active", "ok", False)
    assert seen.connection.account_id != ""
    assert seen.says(seen.connection.account_name)
    assert aws.keys["writer"][1] not in seen.page


@pytest.mark.parametrize(
    "changes",
    [
        {"secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
        {"access_key_id": "AKIAIOSFODNN7EXAMPLE"},
    ],
)
def test_s3_refuses_a_wrong_key_by_name(
    reach: Reach, move: Move, aws: Aws, changes: dict[str, str]
) -> None:
    acts.assert_said(s3(reach, move, aws, **changes), "credentials_refused", status="error")


def test_s3_with_a_key_that_may_list_no_buckets_is_active_but_limited(
    reach: Reach, move: Move, aws: Aws
) -> None:
    seen = s3(reach, move, aws, "stranger")
    assert (seen.status, seen.connection.is_limited) == ("active", True)
    assert seen.connection.account_id == ""
    assert call(seen.connection, "list_buckets").name == "permission_missing"


def test_s3_that_may_only_be_read_says_so_and_stays_active(
    reach: Reach, move: Move, aws: Aws
) -> None:
    connection = s3(reach, move, aws, "reader").connection
    target = {"bucket": BUCKET, "key": "reader/1.txt"}
    assert call(connection, "put_object", **target, content="x").name == "permission_missing"
    assert call(connection, "delete_object", **target).name == "permission_missing"
    assert call(connection, "list_objects", bucket=BUCKET).name == "ok"
    seen = acts.look(connection)
    marked = sorted(seen.connection.not_permitted)
    assert (seen.status, marked) == ("active", ["delete_object", "put_object"])


def test_s3_runs_every_tool(reach: Reach, move: Move, aws: Aws) -> None:
    connection = s3(reach, move, aws).connection
    target = {"bucket": BUCKET, "key": "orders/ä 1+2.json"}
    written = call(connection, "put_object", **target, content='{"total": 12}',
                   content_type="application/json")  # fmt: skip
    assert written.name == "ok"
    assert call(connection, "get_object", **target).data == '{"total": 12}'
    listed = call(connection, "list_objects", bucket=BUCKET, prefix="orders/").data
    assert listed["ListBucketResult"]["Contents"]["Key"] == target["key"]
    buckets = call(connection, "list_buckets").data["ListAllMyBucketsResult"]["Buckets"]
    assert buckets["Bucket"]["Name"] == BUCKET
    raw = call(connection, "request", method="HEAD", path=f"/{BUCKET}")
    assert raw.data["status"] == 200
    assert call(connection, "delete_object", **target).name == "ok"
    assert call(connection, "get_object", **target).name == "not_found"


# -- KMS -------------------------------------------------------------------------------------------


@pytest.fixture
def kms(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Put the root key of this installation into AWS KMS, for one test; give the key's ARN."""
    arn: str = aws.client("kms", "keeper").create_key()["KeyMetadata"]["Arn"]
    monkeypatch.setattr(settings, "ROOT_KMS_KEYS", f"cloud={arn}")
    monkeypatch.setattr(settings, "ROOT_PRIMARY", "cloud")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(aws.authority.bundle))
    _sign_in(aws, monkeypatch, "keeper")
    yield arn
    _forget()


def _sign_in(aws: Aws, monkeypatch: pytest.MonkeyPatch, user: str) -> None:
    key, secret = aws.keys[user]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    _forget()


def _forget() -> None:
    """Begin as a process that has just started."""
    from workspaces.vault import roots  # noqa: PLC0415 - its cache is meant, not its names

    roots.read.cache_clear()
    keyring.forget()


def test_a_root_key_in_kms_seals_and_opens_what_becomes_active(
    reach: Reach, move: Move, aws: Aws, kms: str
) -> None:
    seen = s3(reach, move, aws)
    assert seen.status == "active"
    with factories.scope(seen.connection.workspace):
        rows = DataKey.objects.filter(workspace_id=seen.connection.workspace_id)
        assert list(rows.values_list("root_key_id")) == [("cloud",)]
    _forget()
    with credentials.borrow(seen.connection) as borrowed:
        assert borrowed["secret_access_key"].reveal() == aws.keys["writer"][1]


def test_a_root_key_that_kms_refuses_opens_nothing_and_breaks_nothing(
    reach: Reach, move: Move, aws: Aws, kms: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = s3(reach, move, aws).connection
    _sign_in(aws, monkeypatch, "stranger")
    with pytest.raises(RootUnavailable) as refusal, credentials.borrow(connection):
        pass
    assert "'cloud'" in str(refusal.value)
    assert aws.keys["stranger"][1] not in str(refusal.value)
    _sign_in(aws, monkeypatch, "keeper")
    assert acts.verify_again(connection).status == "active"
