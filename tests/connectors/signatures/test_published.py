"""What the specification and the services' documentation print is taken as it stands there."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors import signatures

STRIPE_HEADER = (
    "t=1492774577,"
    "v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd,"
    "v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39"
)

SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
    b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
    b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
    b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)


def test_the_example_of_standard_webhooks_is_taken() -> None:
    """Every library at https://github.com/standard-webhooks/standard-webhooks is tested by it."""
    now = datetime.fromtimestamp(1614265330, tz=UTC)
    values = {"signing_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    body = b'{"test": 2432232314}'
    verdict = signatures.check("standard_webhooks", [values], headers=headers, body=body, now=now)
    assert (verdict.accepted, verdict.signed_at) == (True, now)
    assert verdict.delivery_id == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    signed = signatures.sign(
        "standard_webhooks", values, body=body, now=now, delivery_id=verdict.delivery_id
    )
    assert signed == {"content-type": "application/json", **headers}


def test_the_headers_that_the_specification_prints_are_read() -> None:
    """Its secret is not printed, so only their form can be told; `v1a` is left out."""
    headers = {
        "webhook-id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
        "webhook-timestamp": "1674087231",
        "webhook-signature": (
            "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="
            " v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+"
            "m7TBAg=="
        ),
    }
    now = datetime.fromtimestamp(1674087231, tz=UTC)
    values = {"signing_secret": signatures.new_secret("standard_webhooks")}
    verdict = signatures.check("standard_webhooks", [values], headers=headers, body=b"", now=now)
    assert (verdict.reason, verdict.delivery_id) == (
        "signature_wrong",
        "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
    )


def test_the_header_that_stripe_prints_is_read() -> None:
    """https://docs.stripe.com/webhooks#verify-manually prints neither secret nor body."""
    now = datetime.fromtimestamp(1492774577, tz=UTC)
    values = {"signing_secret": "whsec_test"}
    headers = {"Stripe-Signature": STRIPE_HEADER}
    verdict = signatures.check("stripe", [values], headers=headers, body=b"{}", now=now)
    assert verdict.reason == "signature_wrong"


def test_the_example_of_github_is_taken() -> None:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries, Testing."""
    values = {"signing_secret": "It's a Secret to Everybody"}
    headers = {
        "X-Hub-Signature-256": (
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        )
    }
    now = datetime(2026, 11, 21, tzinfo=UTC)
    body = b"Hello, World!"
    verdict = signatures.check("github", [values], headers=headers, body=body, now=now)
    assert (verdict.accepted, verdict.key) == (True, "")
    signed = signatures.sign("github", values, body=body, now=now, delivery_id="1")
    assert signed["X-Hub-Signature-256"] == headers["X-Hub-Signature-256"]


def test_the_example_of_slack_is_taken() -> None:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack, step by step."""
    now = datetime.fromtimestamp(1531420618, tz=UTC)
    values = {"signing_secret": "8f742231b10e8888abcd99yyyzzz85a5"}
    headers = {
        "X-Slack-Request-Timestamp": "1531420618",
        "X-Slack-Signature": (
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        ),
    }
    verdict = signatures.check("slack", [values], headers=headers, body=SLACK_BODY, now=now)
    assert (verdict.accepted, verdict.key_seconds) == (True, 600)
    signed = signatures.sign("slack", values, body=SLACK_BODY, now=now, delivery_id="1")
    assert signed == {"content-type": "application/json", **headers}
