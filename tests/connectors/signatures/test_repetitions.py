"""By what a repeated delivery is known, and what is echoed to Slack."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from connectors import signatures
from tests.connectors.signatures.cases import (
    NAMES,
    NOW,
    SIGNED_HEADERS,
    case,
)

WEEK, TEN_MINUTES = 604_800, 600


NAMED = ("spojit", "standard_webhooks", "shopify", "github", "slack", "stripe", "custom")
ID_HEADERS = {
    "spojit": "X-Delivery-Id",
    "standard_webhooks": "webhook-id",
    "shopify": "X-Shopify-Event-Id",
    "github": "X-GitHub-Delivery",
    "custom": "X-Id",
}


@pytest.mark.parametrize("name", NAMED)
def test_a_repetition_is_known_by_the_senders_id_for_seven_days(name: str) -> None:
    first = case(name, delivery_id="d-1").check()
    assert (first.delivery_id, first.key_seconds, len(first.key)) == ("d-1", WEEK, 64)
    later = NOW + timedelta(hours=3)
    sent = case(name, delivery_id="d-1")
    headers = signatures.sign(sent.kind, sent.values, body=sent.body, now=later, delivery_id="d-1")
    again = signatures.check(sent.kind, [sent.values], headers=headers, body=sent.body, now=later)
    assert again.key == first.key
    assert case(name, delivery_id="d-2").check().key != first.key


@pytest.mark.parametrize(("name", "header"), ID_HEADERS.items())
def test_a_refused_delivery_says_the_id_in_its_header_and_has_no_key(
    name: str, header: str
) -> None:
    refused = case(name).with_body(b"other").check()
    assert (refused.delivery_id, refused.key, refused.key_seconds) == ("d-1", "", 0)
    assert header in case(name).headers


@pytest.mark.parametrize("name", ["slack", "stripe"])
def test_the_body_of_a_refused_delivery_is_not_read(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = case(name).with_body(b'{"id": "x", "event_id": "x"}')
    monkeypatch.setattr("connectors.bodies.parse", None)
    assert (sent.check().reason, sent.check().delivery_id) == ("signature_wrong", "")


@pytest.mark.parametrize("name", ["spojit", "slack", "stripe", "custom, timed"])
def test_without_an_id_what_was_signed_is_known_for_ten_minutes(name: str) -> None:
    sent = case(name, body=b"payload=1", delivery_id="")
    first = sent.check()
    assert (first.delivery_id, first.key_seconds, len(first.key)) == ("", TEN_MINUTES, 64)
    assert sent.check(now=NOW + timedelta(seconds=300)).key == first.key
    later = NOW + timedelta(seconds=1)
    headers = signatures.sign(sent.kind, sent.values, body=sent.body, now=later, delivery_id="")
    again = signatures.check(sent.kind, [sent.values], headers=headers, body=sent.body, now=later)
    assert again.key != first.key


@pytest.mark.parametrize("name", ["spojit", "stripe"])
def test_the_same_delivery_with_fewer_signatures_is_still_known(name: str) -> None:
    """Whoever repeats it could take one of two signatures away."""
    sent = case(name, body=b"{}", delivery_id="")
    header = SIGNED_HEADERS[name][0]
    more = sent.with_header(header, sent.headers[header] + ",v1=" + "0" * 64)
    assert more.check().key == sent.check().key


@pytest.mark.parametrize("name", ["github", "shopify", "custom", "custom, token"])
def test_with_neither_id_nor_moment_a_repetition_is_not_known(name: str) -> None:
    verdict = case(name, delivery_id="").check()
    assert (verdict.accepted, verdict.key, verdict.key_seconds) == (True, "", 0)


def test_shopify_knows_an_event_by_its_topic_too() -> None:
    sent = case("shopify")
    created = sent.with_header("X-Shopify-Topic", "orders/create").check()
    paid = sent.with_header("X-Shopify-Topic", "orders/paid").check()
    assert created.delivery_id == paid.delivery_id == "d-1"
    assert created.key != paid.key


def test_shopify_falls_back_on_the_id_of_the_webhook() -> None:
    sent = case("shopify", delivery_id="").with_header("X-Shopify-Webhook-Id", "w-1")
    assert (sent.check().delivery_id, sent.check().key_seconds) == ("w-1", WEEK)


@pytest.mark.parametrize(("name", "header"), sorted(ID_HEADERS.items()))
def test_an_id_is_cleaned_for_storing_and_whole_in_the_key(name: str, header: str) -> None:
    hostile = "d\x00\x1b[31m\ud800\u202e" + "x" * 300
    sent = case(name)
    if name == "standard_webhooks":
        sent = case(name, delivery_id=hostile)
    one = sent.with_header(header, hostile).check()
    assert one.delivery_id == "d[31m" + "x" * 195
    assert one.delivery_id.isprintable()
    if name != "standard_webhooks":
        assert sent.with_header(header, hostile + "y").check().key != one.key


def test_slack_gets_its_challenge_only_when_it_signed() -> None:
    body = b'{"token": "t", "challenge": "3eZbrw1a", "type": "url_verification"}'
    sent = case("slack", body=body)
    assert sent.check().challenge == "3eZbrw1a"
    assert sent.check().key_seconds == TEN_MINUTES
    assert sent.with_header("X-Slack-Signature", "v0=" + "0" * 64).check().challenge is None
    assert case("slack").with_body(body).check().challenge is None
    assert sent.check(now=NOW + timedelta(seconds=301)).challenge is None
    assert case("slack", body=body.replace(b"url_", b"")).check().challenge is None


@pytest.mark.parametrize("body", [b"[]", b"1", b'"challenge"', b"challenge=1", b"", b"\xff", b"{"])
def test_slack_has_no_challenge_in_other_bodies(body: bytes) -> None:
    verdict = case("slack", body=body).check()
    assert (verdict.accepted, verdict.challenge, verdict.delivery_id) == (True, None, "")


@pytest.mark.parametrize("name", NAMES)
def test_the_page_can_say_how_repetitions_are_known(name: str) -> None:
    sent = case(name)
    said = signatures.deduplicates_by(sent.kind, sent.values)
    key_seconds = sent.check().key_seconds
    assert said.endswith(".")
    assert ("seven days" in said) is (key_seconds == WEEK)
    assert said.startswith("Not at all") is (key_seconds == 0)


def test_a_key_does_not_hold_the_id_itself() -> None:
    verdict = case("github", delivery_id="d-1").check()
    assert verdict.key == hashlib.sha256(b'id:["d-1"]').hexdigest()
