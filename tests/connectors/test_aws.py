"""S3 and SQS against moto as Amazon's own hosts, with IAM's rules in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors import execution, registry
from connectors.manifest import Connector, parsed
from spojit.lib.outbound import Policy
from tests import servers, services
from tests.servers.policies import LOOPBACK
from tests.services.moto import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.identity import Verified
    from connectors.outcomes import Outcome
    from tests.services import Aws


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with services.aws(servers.Authority(tmp_path_factory.mktemp("authority"))) as running:
        yield running


def moved(key: str, aws: Aws) -> Connector:
    """Give a connector whose hosts of Amazon's are at moto's port."""
    text = registry.paths()[key].read_text(encoding="utf-8")
    return Connector.model_validate(
        parsed.parse(text.replace(".amazonaws.com", f".amazonaws.com:{aws.port}"))
    )


def values(aws: Aws, user: str) -> dict[str, str]:
    key, secret = aws.keys[user]
    return {"region": REGION, "access_key_id": key, "secret_access_key": secret}


def policy(aws: Aws) -> Policy:
    return Policy(
        allowed_networks=LOOPBACK,
        allowed_ports=frozenset({aws.port}),
        resolver=lambda _host, _port: [aws.host],
        ca_bundle=str(aws.authority.bundle),
    )


def verify(aws: Aws, key: str, user: str, scheme: str = "aws_sigv4", **change: str) -> Verified:
    connector = moved(key, aws)
    given = values(aws, user) | change
    return execution.verify(connector, connector.scheme(scheme), given, policy=policy(aws))


def call(aws: Aws, service: str, tool: str, *, user: str = "writer", **arguments: Any) -> Outcome:
    connector = moved(service, aws)
    scheme, given = connector.scheme("aws_sigv4"), values(aws, user)
    return execution.call(
        connector, scheme, connector.tool(tool), given, arguments, policy=policy(aws)
    )


def queue(aws: Aws, name: str) -> str:
    """Make a queue by any means but the connector."""
    found: str = aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    return found


def test_s3_is_amazons_own(aws: Aws) -> None:
    verified = verify(aws, "s3", "writer")
    assert verified.outcome.name == "ok"
    assert verified.called == f"GET https://s3.{REGION}.amazonaws.com:{aws.port}/"
    assert call(aws, "s3", "request", method="PUT", path="/shop-files").name == "ok"
    written = call(aws, "s3", "put_object", bucket="shop-files", key="a b/ü.txt", content="Grüße")
    assert written.name == "ok"
    assert call(aws, "s3", "get_object", bucket="shop-files", key="a b/ü.txt").data == "Grüße"


def test_an_object_of_s3_is_copied(aws: Aws) -> None:
    for bucket in ("shop-originals", "shop-archive"):
        assert call(aws, "s3", "request", method="PUT", path=f"/{bucket}").name == "ok"
    original = {"bucket": "shop-originals", "key": "orders/1.json"}
    assert call(aws, "s3", "put_object", content="{}", **original).name == "ok"
    copy = {"bucket": "shop-archive", "key": "2026/ü 1.json"}
    source = {"source_bucket": original["bucket"], "source_key": original["key"]}
    copied = call(aws, "s3", "copy_object", **source, **copy)
    assert copied.data["CopyObjectResult"]["ETag"] == '"99914b932bd37a50b983c5e7c90ae93b"'
    assert call(aws, "s3", "get_object", **copy).data == "{}"
    missing = call(aws, "s3", "copy_object", **source | {"source_key": "no-such"}, **copy)
    assert missing.name == "not_found"


@pytest.mark.parametrize("user", ["writer", "stranger"])
def test_sqs_says_whose_key_it_is_whatever_it_may(aws: Aws, user: str) -> None:
    verified = verify(aws, "sqs", user)
    assert (verified.outcome.name, verified.limited) == ("ok", False)
    assert verified.account_name.endswith(f":user/{user}")
    assert verified.called == f"POST https://sts.{REGION}.amazonaws.com:{aws.port}/"


@pytest.mark.parametrize(
    "change",
    [
        {"secret_access_key": "x" * 40},
        {"access_key_id": "AKIAIOSFODNN7EXAMPLE"},
    ],
)
def test_a_wrong_key_of_sqs_is_refused(aws: Aws, change: dict[str, str]) -> None:
    assert verify(aws, "sqs", "writer", **change).outcome.name == "credentials_refused"


def test_messages_are_sent_received_and_deleted(aws: Aws) -> None:
    url = queue(aws, "orders")
    attributes = {"kind": {"DataType": "String", "StringValue": "order"}}
    sent = call(aws, "sqs", "send_message", queue_url=url, body="Grüße", attributes=attributes)
    assert sent.name == "ok"
    counted = call(
        aws, "sqs", "get_queue_attributes", queue_url=url, names=["ApproximateNumberOfMessages"]
    )
    assert counted.data == {"Attributes": {"ApproximateNumberOfMessages": "1"}}
    received = call(
        aws, "sqs", "receive_messages", queue_url=url, count=10, attribute_names=["All"]
    )
    [message] = received.data["Messages"]
    assert (message["MessageId"], message["Body"]) == (sent.data["MessageId"], "Grüße")
    assert message["MessageAttributes"]["kind"]["StringValue"] == "order"
    handle = message["ReceiptHandle"]
    gone = call(aws, "sqs", "delete_message", queue_url=url, receipt_handle=handle)
    assert (gone.name, gone.data) == ("ok", None)
    left = call(
        aws, "sqs", "get_queue_attributes", queue_url=url, names=["ApproximateNumberOfMessages"]
    )
    assert left.data == {"Attributes": {"ApproximateNumberOfMessages": "0"}}


def test_queues_are_listed_page_by_page(aws: Aws) -> None:
    names = [f"page-{number}" for number in range(3)]
    for name in names:
        queue(aws, name)
    listed = call(aws, "sqs", "list_queues", prefix="page-", page_size=2, max_pages=5)
    assert [url.rpartition("/")[2] for url in listed.data["QueueUrls"]] == names
    assert call(aws, "sqs", "list_queues", prefix="nothing-").name == "ok"


def test_a_queue_that_is_not_there_is_not_found(aws: Aws) -> None:
    url = queue(aws, "orders").replace("orders", "no-such-queue")
    outcome = call(aws, "sqs", "send_message", queue_url=url, body="x")
    assert (outcome.name, outcome.detail) == ("not_found", "There is no such queue in this region.")


def test_what_a_policy_does_not_allow_is_no_fault_of_the_key(aws: Aws) -> None:
    url = queue(aws, "orders")
    for tool, arguments in (
        ("list_queues", {}),
        ("send_message", {"queue_url": url, "body": "x"}),
    ):
        outcome = call(aws, "sqs", tool, user="stranger", **arguments)
        assert outcome.name == "permission_missing"


def test_another_service_with_the_same_api_is_proven_by_a_list(aws: Aws) -> None:
    compatible = {"endpoint": aws.url, "service_url": "compatible"}
    scheme = "aws_sigv4_compatible"
    verified = verify(aws, "sqs", "writer", scheme, **compatible)
    assert (verified.outcome.name, verified.limited) == ("ok", False)
    assert verified.called == f"POST {aws.url}/"
    wrong = verify(aws, "sqs", "writer", scheme, secret_access_key="x" * 40, **compatible)
    assert wrong.outcome.name == "credentials_refused"


@pytest.mark.parametrize(
    ("status", "code", "outcome", "limited"),
    [
        (403, "com.amazon.coral.service#UnrecognizedClientException", "credentials_refused", False),
        (403, "com.amazon.coral.service#InvalidSignatureException", "credentials_refused", False),
        (403, "com.amazon.coral.service#AccessDeniedException", "ok", True),
        (400, "com.amazonaws.sqs#RequestThrottled", "rate_limited", False),
    ],
)
def test_errors_of_sqs_mean_what_is_declared(
    status: int, code: str, outcome: str, limited: bool
) -> None:
    reply = servers.json_reply({"__type": code, "message": "No."}, status)
    with servers.recording(reply) as server:
        sqs = registry.get("sqs")
        given = {
            "endpoint": server.url,
            "service_url": "compatible",
            "region": "us-east-1",
            "access_key_id": "shop",
            "secret_access_key": "secret-of-the-key",
        }
        scheme = sqs.scheme("aws_sigv4_compatible")
        verified = execution.verify(sqs, scheme, given, policy=servers.policy(server))
    assert (verified.outcome.name, verified.limited) == (outcome, limited)
    assert server.requests[0].headers["x-amz-target"] == "AmazonSQS.ListQueues"
    assert b"secret-of-the-key" not in server.everything
