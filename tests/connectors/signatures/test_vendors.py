"""Deliveries that vendors' own packages sign are taken, and theirs take what we sign."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import gidgethub
import pytest
import shopify_app
import standardwebhooks
import stripe
import svix.webhooks
from gidgethub import sansio
from slack_sdk.signature import Clock, SignatureVerifier

from connectors import signatures
from spojit.lib import clock
from tests.connectors.signatures.cases import NOW, case, secret

if TYPE_CHECKING:
    from connectors.signatures import Verdict

BODIES = (
    b'{"id": "evt_1", "text": "caf\xc3\xa9"}',
    b"",
    "grüße=ja&emoji=🙂".encode(),
    b'{"a":  1,\r\n"b": "\\u00e9"}\n',
)
"""Also bodies that a careless reader would write anew."""

NOW_SECONDS = int(NOW.timestamp())


class Standing(Clock):
    """A clock of Slack's package that stands at the tests' moment."""

    def now(self) -> float:
        """Give the moment."""
        return NOW.timestamp()


def check(kind: str, headers: dict[str, str], body: bytes, **values: str) -> Verdict:
    held = secret(kind) | values
    return signatures.check(kind, [held], headers=headers, body=body, now=NOW)


@pytest.mark.parametrize("body", BODIES)
def test_what_standardwebhooks_signs_is_taken(body: bytes) -> None:
    signer = standardwebhooks.Webhook(secret("standard_webhooks")["signing_secret"])
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(NOW_SECONDS),
        "webhook-signature": signer.sign("msg_1", NOW, body.decode()),
    }
    verdict = check("standard_webhooks", headers, body)
    assert (verdict.accepted, verdict.delivery_id) == (True, "msg_1")


@pytest.mark.parametrize("prefix", ["webhook", "svix", "Svix"])
@pytest.mark.parametrize("body", BODIES)
def test_what_svix_signs_is_taken(body: bytes, prefix: str) -> None:
    signer = svix.webhooks.Webhook(secret("standard_webhooks")["signing_secret"])
    headers = {
        f"{prefix}-Id": "msg_1",
        f"{prefix}-Timestamp": str(NOW_SECONDS),
        f"{prefix}-Signature": signer.sign("msg_1", NOW, body.decode()),
    }
    verdict = check("standard_webhooks", headers, body)
    assert (verdict.accepted, verdict.delivery_id) == (True, "msg_1")


@pytest.mark.parametrize("made", [standardwebhooks.Webhook, svix.webhooks.Webhook])
def test_vendors_take_what_is_signed_by_the_standard(made: type) -> None:
    now = clock.now()
    values = {"signing_secret": signatures.new_secret("standard_webhooks")}
    body = signatures.sample("standard_webhooks", delivery_id="msg_1")
    headers = signatures.sign("standard_webhooks", values, body=body, now=now, delivery_id="msg_1")
    made(values["signing_secret"]).verify(body, headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        made(values["signing_secret"]).verify(body + b" ", headers)


@pytest.mark.parametrize("body", BODIES)
def test_what_stripe_signs_is_taken(body: bytes) -> None:
    header = stripe.WebhookSignature.generate_signature_header(
        body.decode(), secret("stripe")["signing_secret"], NOW_SECONDS
    )
    assert check("stripe", {"Stripe-Signature": header}, body).accepted


def test_stripe_takes_what_is_signed_as_stripe_does() -> None:
    sent = case("stripe", delivery_id="evt_1")
    key = sent.values["signing_secret"]
    event = stripe.Webhook.construct_event(
        sent.body, sent.headers["Stripe-Signature"], key, tolerance=2**31
    )
    assert event["id"] == "evt_1"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(
            sent.body + b" ", sent.headers["Stripe-Signature"], key
        )


@pytest.mark.parametrize("body", BODIES)
def test_what_slack_signs_is_taken(body: bytes) -> None:
    signer = SignatureVerifier(secret("slack")["signing_secret"], Standing())
    signature = signer.generate_signature(timestamp=str(NOW_SECONDS), body=body)
    assert signature is not None
    headers = {
        "X-Slack-Request-Timestamp": str(NOW_SECONDS),
        "X-Slack-Signature": signature,
    }
    assert check("slack", headers, body).accepted


def test_slack_takes_what_is_signed_as_slack_does() -> None:
    sent = case("slack")
    verifier = SignatureVerifier(sent.values["signing_secret"], Standing())
    assert verifier.is_valid_request(sent.body, sent.headers)
    assert not verifier.is_valid_request(sent.body + b" ", sent.headers)


@pytest.mark.parametrize("body", BODIES)
def test_gidgethub_takes_what_is_signed_as_github_does(body: bytes) -> None:
    sent = case("github", body=body)
    signature, key = sent.headers["X-Hub-Signature-256"], sent.values["signing_secret"]
    sansio.validate_event(sent.body, signature=signature, secret=key)
    with pytest.raises(gidgethub.ValidationFailure):
        sansio.validate_event(sent.body + b" ", signature=signature, secret=key)


def test_gidgethub_reads_the_sample_as_a_ping() -> None:
    sent = case("github", delivery_id="72d3162e-cc78-11e3-81ab-4c9367dc0958")
    headers = {name.lower(): text for name, text in sent.headers.items()}
    event = sansio.Event.from_http(headers, sent.body, secret=sent.values["signing_secret"])
    assert (event.event, event.delivery_id) == ("ping", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
    assert event.data == json.loads(sent.body)


@pytest.mark.parametrize("body", BODIES[:1])
def test_shopify_takes_what_is_signed_as_shopify_does(body: bytes) -> None:
    sent = case("shopify", body=body)
    app = shopify_app.ShopifyApp(client_id="an-app", client_secret=sent.values["signing_secret"])
    request: shopify_app.RequestInput = {
        "method": "POST",
        "url": "https://spojit.example.com/hooks/x",
        "headers": {**sent.headers, "X-Shopify-Shop-Domain": "shop.myshopify.com"},
        "body": body.decode(),
    }
    assert app.verify_webhook_req(request).ok
    assert not app.verify_webhook_req({**request, "body": body.decode() + " "}).ok


def test_vendors_refuse_when_we_refuse() -> None:
    """The same five minutes as Slack's and the standard's packages."""
    sent = case("slack")
    late = NOW + timedelta(seconds=301)

    class Late(Clock):
        def now(self) -> float:
            return late.timestamp()

    verifier = SignatureVerifier(sent.values["signing_secret"], Late())
    assert not verifier.is_valid_request(sent.body, sent.headers)
    assert sent.check(now=late).reason == "timestamp_old"
