"""No secret, one, two, or one that cannot be: which one fitted is said, and nothing raises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors import signatures
from connectors.signatures import standard_webhooks
from tests.connectors.signatures.cases import (
    NAMES,
    NOW,
    WITH_MOMENT,
    Case,
    case,
    other_secret,
    secret,
)

WEEK, TEN_MINUTES = 604_800, 600


def against(sent: Case, *secrets: dict[str, str]) -> signatures.Verdict:
    return signatures.check(sent.kind, secrets, headers=sent.headers, body=sent.body, now=NOW)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_secret_everything_is_refused(name: str) -> None:
    sent = case(name)
    settings = {key: text for key, text in secret(name).items() if key != "signing_secret"}
    for nothing in ({}, settings, {**settings, "signing_secret": ""}, {"signing_secret": " "}):
        for secrets in ([nothing], [nothing, nothing]):
            verdict = against(sent, *secrets)
            assert verdict == signatures.Verdict(accepted=False, reason="no_secret")
    assert against(sent).reason == "no_secret"


@pytest.mark.parametrize("name", NAMES)
def test_each_of_two_secrets_fits_and_is_named(name: str) -> None:
    sent, mine, other = case(name), secret(name), other_secret(name)
    assert against(sent, mine, other).matched == 0
    assert against(sent, other, mine).matched == 1
    assert against(sent, {}, other, mine).matched == 2
    assert against(sent, mine, mine).matched == 0
    both_wrong = against(sent, other, other_secret(name))
    assert (both_wrong.accepted, both_wrong.reason) == (False, "signature_wrong")
    assert both_wrong.matched is None


@pytest.mark.parametrize("name", WITH_MOMENT)
def test_an_old_delivery_of_the_secret_before_is_named_old(name: str) -> None:
    """The reason of the secret that fitted says more than that another one did not."""
    sent = case(name)
    verdict = signatures.check(
        sent.kind,
        [other_secret(name), secret(name)],
        headers=sent.headers,
        body=sent.body,
        now=NOW + timedelta(seconds=301),
    )
    assert (verdict.reason, verdict.matched, verdict.key) == ("timestamp_old", None, "")


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_in_any_letters_signs(name: str) -> None:
    if name == "standard_webhooks":
        return
    values = {**secret(name), "signing_secret": "Grüße 🙂"}
    sent = case(name)
    headers = signatures.sign(sent.kind, values, body=sent.body, now=NOW, delivery_id="d")
    assert signatures.check(sent.kind, [values], headers=headers, body=sent.body, now=NOW).accepted
    assert not sent.with_header("x", "y").check(now=NOW).matched


UNUSABLE = (
    "whsec_",
    "whsec_=",
    "whsec_not base64",
    "whsec_Grüße",
    "whsec_A",
    "whpk_AAAA",
    "\ud800",
)


@pytest.mark.parametrize("text", UNUSABLE)
def test_a_secret_of_the_standard_that_is_not_base64_is_named(text: str) -> None:
    sent = case("standard_webhooks")
    unusable = {"signing_secret": text}
    assert against(sent, unusable).reason == "secret_unusable"
    assert against(sent, unusable, secret("standard_webhooks")).matched == 1
    with pytest.raises(signatures.UnusableSecret) as refused:
        signatures.sign("standard_webhooks", unusable, body=b"", now=NOW, delivery_id="d")
    assert text not in f"{refused.value.message}{refused.value.hint}"


def test_a_secret_of_the_standard_counts_with_and_without_its_beginning_and_padding() -> None:
    sent = case("standard_webhooks")
    bare = sent.values["signing_secret"].removeprefix("whsec_")
    assert against(sent, {"signing_secret": bare}).accepted
    written = standard_webhooks.write(b"0123456789abcdef")
    values = {"signing_secret": written.rstrip("=")}
    headers = signatures.sign(
        "standard_webhooks", {"signing_secret": written}, body=b"", now=NOW, delivery_id="d"
    )
    assert written.endswith("==")
    assert signatures.check(
        "standard_webhooks", [values], headers=headers, body=b"", now=NOW
    ).accepted


@pytest.mark.parametrize("kind", signatures.KINDS)
def test_nothing_is_signed_without_a_secret(kind: str) -> None:
    with pytest.raises(signatures.UnusableSecret) as refused:
        signatures.sign(kind, {}, body=b"", now=NOW, delivery_id="d")
    assert refused.value.message == signatures.REASONS["no_secret"].sentence


@pytest.mark.parametrize("kind", signatures.KINDS)
def test_a_new_secret_has_256_random_bits(kind: str) -> None:
    made = {signatures.new_secret(kind) for _ in range(50)}
    assert len(made) == 50
    length = 50 if kind == "standard_webhooks" else 64
    assert {len(one) for one in made} == {length}
    assert all(one.startswith("whsec_") for one in made) is (kind == "standard_webhooks")
