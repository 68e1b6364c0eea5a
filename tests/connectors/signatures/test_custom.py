"""A signature that people describe: each setting does what it says."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from connectors import signatures
from tests.connectors.signatures.cases import NOW

BODY = b'{"order": 1}'
KEY = "a-secret"
STAMP = str(int(NOW.timestamp()))


def check(headers: dict[str, str], **settings: str) -> signatures.Verdict:
    values = {"signing_secret": KEY, "header": "X-Sig", **settings}
    return signatures.check("custom", [values], headers=headers, body=BODY, now=NOW)


def signed(algorithm: str, content: bytes = BODY) -> bytes:
    return hmac.new(KEY.encode(), content, getattr(hashlib, algorithm)).digest()


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "sha512"])
@pytest.mark.parametrize("prefix", ["", "sha=", "HMAC ", "v1"])
def test_every_algorithm_encoding_and_prefix_is_taken(algorithm: str, prefix: str) -> None:
    made = signed(algorithm)
    settings = {"algorithm": algorithm, "prefix": prefix}
    for text in (made.hex(), made.hex().upper()):
        assert check({"X-Sig": prefix + text}, **settings).accepted
        assert not check({"X-Sig": prefix + text}, **settings, encoding="base64").accepted
    text = base64.b64encode(made).decode()
    assert check({"X-Sig": prefix + text}, **settings, encoding="base64").accepted
    assert not check({"X-Sig": prefix + text}, **settings).accepted
    assert not check({"X-Sig": prefix + text.lower()}, **settings, encoding="base64").accepted


def test_sha256_in_hexadecimal_over_the_body_is_what_is_meant_unasked() -> None:
    assert check({"x-sig": signed("sha256").hex()}).accepted


def test_another_algorithm_or_prefix_is_refused() -> None:
    made = signed("sha256").hex()
    assert check({"X-Sig": made}, algorithm="sha512").reason == "signature_wrong"
    assert check({"X-Sig": made}, algorithm="md5").reason == "secret_unusable"
    assert check({"X-Sig": made}, prefix="sha=").reason == "signature_malformed"
    assert check({"X-Sig": f"SHA={made}"}, prefix="sha=").reason == "signature_malformed"
    assert check({"X-Sig": made[:8] + made[8:].upper()}).accepted is False
    assert check({"": made}, header="").reason == "signature_missing"
    assert check({"X-Other": made}).reason == "signature_missing"


@pytest.mark.parametrize("separator", ["", ".", ":", "--"])
def test_time_and_body_stand_with_what_is_set_between_them(separator: str) -> None:
    settings = {"method": "timestamp_body", "timestamp_header": "X-Time"}
    settings |= {"separator": separator} if separator else {}
    content = f"{STAMP}{separator or '.'}".encode() + BODY
    headers = {"X-Sig": signed("sha256", content).hex(), "X-Time": STAMP}
    assert check(headers, **settings).accepted
    assert check(headers, **settings | {"separator": "|"}).reason == "signature_wrong"
    assert check({"X-Sig": headers["X-Sig"]}, **settings).reason == "timestamp_missing"
    plain = {"X-Sig": signed("sha256").hex(), "X-Time": STAMP}
    assert check(plain, **settings).reason == "signature_wrong"


def test_a_token_is_compared_as_a_whole() -> None:
    assert check({"X-Sig": KEY}, method="token").accepted
    assert check({"X-Sig": f"Bearer {KEY}"}, method="token", prefix="Bearer").accepted
    assert check({"X-Sig": f"token={KEY}"}, method="token", prefix="token=").accepted
    for text in (f"Bearer{KEY}", f"bearer {KEY}", f"Bearer  {KEY}", f"Bearer {KEY},{KEY}", KEY):
        assert not check({"X-Sig": text}, method="token", prefix="Bearer").accepted, text
    for text in (KEY[:-1], f"{KEY}x", KEY.upper(), f"{KEY},{KEY}"):
        assert check({"X-Sig": text}, method="token").reason == "signature_wrong", text
    assert check({}, method="token").reason == "signature_missing"


def test_a_token_says_nothing_of_body_and_time() -> None:
    verdict = check({"X-Sig": KEY, "X-Id": "7"}, method="token", id_header="X-Id")
    assert (verdict.signed_at, verdict.delivery_id, verdict.key_seconds) == (None, "7", 604_800)
