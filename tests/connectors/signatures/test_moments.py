"""Five minutes either way, to the second, and only in plain digits."""

from __future__ import annotations

import hmac
from datetime import timedelta

import pytest

from connectors import signatures
from tests.connectors.signatures.cases import NOW, SIGNED_HEADERS, WITH_MOMENT, case

EVER = ("shopify", "github", "custom", "custom, token")
STAMPS = {"standard_webhooks": "webhook-timestamp", "slack": "X-Slack-Request-Timestamp"}
MALFORMED = (
    "soon",
    "-1795262400",
    "+1795262400",
    "1795262400.0",
    "1,795,262,400",
    "1795262400,1795262400",
    "1795262400 1795262400",
    "0x6b01b2c0",
    "1_795_262_400",
    "١٧٩٥٢٦٢٤٠٠",
    "¹²³",
    "9" * 12,
    "9" * 100_000,
    "1e9",
    "NaN",
    "\ud800",
    "\x00",
)


@pytest.mark.parametrize("name", WITH_MOMENT)
def test_five_minutes_are_taken_and_a_second_more_is_not(name: str) -> None:
    sent = case(name)
    for seconds in (-300, -299, 0, 299, 300):
        verdict = sent.check(now=NOW + timedelta(seconds=seconds))
        assert (verdict.accepted, verdict.signed_at) == (True, NOW), seconds
    assert sent.check(now=NOW + timedelta(seconds=301)).reason == "timestamp_old"
    assert sent.check(now=NOW - timedelta(seconds=301)).reason == "timestamp_ahead"
    assert sent.check(now=NOW + timedelta(seconds=300, microseconds=1)).reason == "timestamp_old"
    assert sent.check(now=NOW + timedelta(days=3650)).reason == "timestamp_old"


@pytest.mark.parametrize("name", EVER)
def test_what_signs_no_moment_is_taken_ever(name: str) -> None:
    sent = case(name)
    for days in (-3650, 0, 3650):
        verdict = sent.check(now=NOW + timedelta(days=days))
        assert (verdict.accepted, verdict.signed_at) == (True, None)


@pytest.mark.parametrize("name", ["standard_webhooks", "slack", "custom, timed"])
@pytest.mark.parametrize("stamp", MALFORMED)
def test_a_moment_that_is_no_number_is_refused(name: str, stamp: str) -> None:
    sent = case(name).with_header(STAMPS.get(name, "X-Time"), stamp)
    assert sent.check().reason == "timestamp_malformed"


@pytest.mark.parametrize("name", ["spojit", "stripe"])
@pytest.mark.parametrize("stamp", [one for one in MALFORMED if not one.startswith("1795262400,")])
def test_a_moment_in_a_header_of_several_parts_is_refused(name: str, stamp: str) -> None:
    sent = case(name)
    header = SIGNED_HEADERS[name][0]
    text = sent.headers[header].replace(str(int(NOW.timestamp())), stamp)
    reason = sent.with_header(header, text).check().reason
    wanted = "signature_wrong" if stamp.startswith("1,") else "timestamp_malformed"
    assert reason == wanted


@pytest.mark.parametrize("name", ["spojit", "stripe"])
def test_two_moments_are_refused_and_one_said_twice_is_not(name: str) -> None:
    sent = case(name)
    header = SIGNED_HEADERS[name][0]
    text = sent.headers[header]
    assert sent.with_header(header, f"t=1,{text}").check().reason == "signature_malformed"
    assert sent.with_header(header, f"{text},{text}").check().accepted
    assert sent.with_header(header, f"{text}, {text}").check().accepted
    no_moment = text.partition(",")[2]
    assert sent.with_header(header, no_moment).check().reason == "timestamp_missing"


def test_a_wrong_signature_says_more_than_an_old_moment() -> None:
    """Its moment is anybody's word."""
    sent = case("stripe").with_body(b"{}")
    assert sent.check(now=NOW + timedelta(days=1)).reason == "signature_wrong"


def test_custom_takes_milliseconds() -> None:
    values = {
        "method": "timestamp_body",
        "header": "X-Sig",
        "timestamp_header": "X-Time",
        "signing_secret": "s3cret",
    }
    stamp = str(int(NOW.timestamp() * 1000) + 250)
    headers = {"X-Time": stamp, "X-Sig": _hex(b"s3cret", f"{stamp}.{{}}".encode())}
    verdict = signatures.check("custom", [values], headers=headers, body=b"{}", now=NOW)
    assert (verdict.accepted, verdict.signed_at) == (True, NOW + timedelta(milliseconds=250))
    late = signatures.check(
        "custom", [values], headers=headers, body=b"{}", now=NOW + timedelta(seconds=301)
    )
    assert late.reason == "timestamp_old"


def _hex(key: bytes, content: bytes) -> str:
    return hmac.new(key, content, "sha256").hexdigest()
