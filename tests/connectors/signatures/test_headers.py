"""Headers come in any case, several signatures in one, and whatever else is in them."""

from __future__ import annotations

import hmac

import pytest

from connectors import signatures
from tests.connectors.signatures.cases import (
    NAMES,
    NOW,
    SIGNED_HEADERS,
    case,
)

WEEK, TEN_MINUTES = 604_800, 600


@pytest.mark.parametrize("name", NAMES)
def test_names_of_headers_are_taken_in_any_case(name: str) -> None:
    sent = case(name)
    for write in (str.lower, str.upper, str.title):
        headers = {write(header): text for header, text in sent.headers.items()}
        verdict = signatures.check(
            sent.kind, [sent.values], headers=headers, body=sent.body, now=NOW
        )
        assert verdict == sent.check()


SEVERAL = {
    "spojit": ("X-Signature", ",", "v1="),
    "stripe": ("Stripe-Signature", ",", "v1="),
    "standard_webhooks": ("webhook-signature", " ", "v1,"),
    "github": ("X-Hub-Signature-256", ",", "sha256="),
    "slack": ("X-Slack-Signature", ",", "v0="),
    "shopify": ("X-Shopify-Hmac-Sha256", ", ", ""),
    "custom": ("X-Sig", ", ", ""),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_one_of_sixteen_signatures_is_enough_and_more_are_not_tried(name: str) -> None:
    header, between, prefix = SEVERAL[name]
    sent = case(name)
    right = sent.headers[header]
    wrong = prefix + "0" * 64
    for before in (1, 15):
        text = between.join([*[wrong] * before, right])
        assert sent.with_header(header, text).check().accepted, before
    for before in (16, 10_000):
        text = between.join([*[wrong] * before, right])
        assert sent.with_header(header, text).check().reason == "signature_wrong", before
    assert sent.with_header(header, between.join([right] * 10_000)).check().accepted


@pytest.mark.parametrize("name", SEVERAL)
def test_a_header_that_came_twice_is_joined_by_a_comma(name: str) -> None:
    """As servers join what is repeated (RFC 9110 section 5.2)."""
    header, _, prefix = SEVERAL[name]
    sent = case(name)
    right, wrong = sent.headers[header], prefix + "0" * 64
    assert sent.with_header(header, f"{wrong}, {right}").check().accepted
    assert not sent.with_header(header, f"{wrong}, {wrong}").check().accepted


def test_other_versions_and_schemes_are_ignored() -> None:
    stripe = case("stripe")
    text = stripe.headers["Stripe-Signature"]
    assert stripe.with_header("Stripe-Signature", f"{text},v0=1,v2=2,x").check().accepted
    only_old = text.replace("v1=", "v0=")
    assert stripe.with_header("Stripe-Signature", only_old).check().reason == "signature_malformed"
    standard = case("standard_webhooks")
    text = standard.headers["webhook-signature"]
    assert standard.with_header("webhook-signature", f"v1a,AAAA {text} v2,x").check().accepted
    for other in ("v1a,AAAA", text.replace("v1,", "v2,"), text.removeprefix("v1,"), "v1"):
        reason = standard.with_header("webhook-signature", other).check().reason
        assert reason == "signature_malformed", other


def test_the_sha_1_signature_of_github_is_not_enough() -> None:
    sent = case("github")
    weak = hmac.new(sent.values["signing_secret"].encode(), sent.body, "sha1").hexdigest()
    headers = {"X-Hub-Signature": f"sha1={weak}"}
    verdict = signatures.check("github", [sent.values], headers=headers, body=sent.body, now=NOW)
    assert verdict.reason == "signature_missing"
    assert sent.with_header("X-Hub-Signature-256", f"sha1={weak}").check().accepted is False


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text", ["é", "\ud800", "\x00", "\xa0", "\x0b", "\u2003", "🙂" * 1000, "é" * 64, "=" * 64]
)
def test_signatures_in_other_letters_never_raise(name: str, text: str) -> None:
    sent = case(name)
    for header in SIGNED_HEADERS[name]:
        right = sent.headers[header]
        for told in (text, right + text, text + right, right[:-1] + text):
            assert not sent.with_header(header, told).check().accepted
