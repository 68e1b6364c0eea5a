"""Whoever changes one byte of what is signed, or of the signature, is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors import signatures
from tests.connectors.signatures.cases import (
    NAMES,
    NOW,
    SIGNED_HEADERS,
    WITH_MOMENT,
    case,
    other_secret,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

WITH_BODY = [name for name in NAMES if name != "custom, token"]
BITS = [1 << bit for bit in range(8)]


def changed(text: bytes) -> Iterator[bytes]:
    """Change every byte in each of its bits, to a space and to a comma, leave it out, repeat it."""
    for at, byte in enumerate(text):
        before, after = text[:at], text[at + 1 :]
        others = {byte ^ bit for bit in BITS} | {0, 32, 44} - {byte}
        yield from (before + bytes([other]) + after for other in others)
        yield before + after
        yield before + bytes([byte, byte]) + after


def same(text: bytes, other: bytes) -> bool:
    """Whether a header says the same: space around it, or an empty part, is no part of it."""
    return text == other.strip(b" \t").replace(b",,", b",")


@pytest.mark.parametrize("name", NAMES)
def test_what_was_not_changed_is_taken(name: str) -> None:
    assert case(name).check().accepted


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_body_with_another_byte_is_refused(name: str) -> None:
    sent = case(name)
    reasons = {sent.with_body(body).check().reason for body in changed(sent.body)}
    assert reasons == {"signature_wrong"}


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_longer_and_a_shorter_body_are_refused(name: str) -> None:
    sent = case(name)
    for body in (b"", sent.body[:-1], sent.body + b"\n", b" " + sent.body, sent.body * 2):
        assert sent.with_body(body).check().reason == "signature_wrong"


@pytest.mark.parametrize(
    ("name", "header"), [(name, header) for name in NAMES for header in SIGNED_HEADERS[name]]
)
def test_a_signed_header_or_a_signature_with_another_byte_is_refused(
    name: str, header: str
) -> None:
    sent = case(name)
    right = sent.headers[header].encode()
    tried = 0
    for text in changed(right):
        if same(right, text):
            continue
        verdict = sent.with_header(header, text.decode("latin-1")).check()
        assert (verdict.accepted, verdict.key, verdict.challenge) == (False, "", None), text
        assert verdict.reason in signatures.REASONS
        tried += 1
    assert tried >= 9 * len(right)


@pytest.mark.parametrize(
    ("name", "header"), [(name, header) for name in NAMES for header in SIGNED_HEADERS[name]]
)
def test_a_header_that_is_missing_or_empty_is_refused(name: str, header: str) -> None:
    sent = case(name)
    left = {key: text for key, text in sent.headers.items() if key != header}
    without = signatures.check(sent.kind, [sent.values], headers=left, body=sent.body, now=NOW)
    reasons = {without.reason} | {
        sent.with_header(header, text).check().reason for text in ("", " ")
    }
    assert len(reasons) == 1
    assert reasons <= {"signature_missing", "timestamp_missing", "signature_malformed"}


@pytest.mark.parametrize("name", NAMES)
def test_another_secret_is_refused(name: str) -> None:
    sent = case(name)
    verdict = signatures.check(
        sent.kind, [other_secret(name)], headers=sent.headers, body=sent.body, now=NOW
    )
    assert (verdict.accepted, verdict.reason) == (False, "signature_wrong")


@pytest.mark.parametrize("name", WITH_MOMENT)
def test_the_moment_of_another_delivery_is_refused(name: str) -> None:
    sent = case(name)
    later = signatures.sign(
        sent.kind,
        sent.values,
        body=b"another",
        now=NOW.replace(minute=1),
        delivery_id="d-2",
    )
    for header in SIGNED_HEADERS[name]:
        verdict = sent.with_header(header, later[header]).check()
        assert verdict.reason == "signature_wrong"


def test_a_moment_cannot_be_moved_into_the_id_of_the_standard() -> None:
    """What is signed is `id.seconds.body`: whoever moves the full stops signs the same bytes."""
    body = b"1795262400.a body that begins like a moment"
    sent = case("standard_webhooks", body=body, delivery_id="d")
    moved = sent.with_body(body.partition(b".")[2]).with_header(
        "webhook-id", f"d.{sent.headers['webhook-timestamp']}"
    )
    assert sent.check().accepted
    assert moved.check().reason == "signature_malformed"
    assert case("standard_webhooks", delivery_id="evt.created").check().accepted


def test_the_signature_of_one_kind_is_none_of_another() -> None:
    """Even with the same secret: Stripe's and ours sign alike, but in headers of their own."""
    for name in NAMES:
        sent = case(name)
        for kind in signatures.KINDS:
            if kind != sent.kind:
                verdict = signatures.check(
                    kind, [sent.values], headers=sent.headers, body=sent.body, now=NOW
                )
                assert not verdict.accepted, (name, kind)
