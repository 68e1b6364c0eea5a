"""The words, the samples and what is shown of the parts."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from connectors import signatures
from connectors.manifest import webhook
from connectors.signatures import claims
from tests.connectors.signatures.cases import NAMES, NOW, case

WEEK, TEN_MINUTES = 604_800, 600


@pytest.mark.parametrize("kind", signatures.KINDS)
def test_a_sample_is_a_small_object_that_says_it_is_a_test(kind: str) -> None:
    body = signatures.sample(kind, delivery_id="d-1")
    assert isinstance(json.loads(body), dict)
    assert b"This is a test delivery from Spojit." in body
    assert len(body) < 400


def test_every_reason_says_what_to_do() -> None:
    assert set(signatures.REASONS) == {
        "no_secret",
        "signature_missing",
        "signature_malformed",
        "signature_wrong",
        "timestamp_missing",
        "timestamp_malformed",
        "timestamp_old",
        "timestamp_ahead",
        "secret_unusable",
    }
    for reason in signatures.REASONS.values():
        assert reason.sentence.endswith(".")
        assert reason.hint.endswith(".")


def test_every_kind_of_a_connector_file_is_known() -> None:
    assert get_args(webhook.Signature) == signatures.KINDS


def test_what_is_spent_for_an_unknown_address_is_one_signature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signed: list[bytes] = []

    def note(_key: bytes, body: bytes) -> bytes:
        signed.append(body)
        return b""

    monkeypatch.setattr(claims, "digest", note)
    signatures.spend(b"body")
    assert signed == [b"body"]


@pytest.mark.parametrize("name", NAMES)
def test_a_test_delivery_has_plain_headers(name: str) -> None:
    for header, text in case(name).headers.items():
        assert header.isascii()
        assert text.isascii()
        assert text.isprintable()


def test_nothing_of_a_secret_is_in_what_is_shown_of_the_parts() -> None:
    values = {"signing_secret": "very-secret"}
    shown = repr(claims.Delivery(values, {"a": "very-secret"}, b"very-secret"))
    shown += repr(claims.Draft(values, b"very-secret", NOW, "d"))
    shown += repr(claims.Claim((b"very-secret",), (b"very-secret",), (b"very-secret",)))
    assert "very-secret" not in shown
