"""Whatever comes, nothing raises, and nothing is taken that was not signed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from connectors import bodies, signatures
from tests.connectors.signatures.cases import NAMES, NOW, SIGNED_HEADERS, case, secret

if TYPE_CHECKING:
    from collections.abc import Mapping

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no reason to fail."""

KNOWN = sorted({header for headers in SIGNED_HEADERS.values() for header in headers})
KNOWN += [header.upper() for header in KNOWN]
IDS = ["X-Delivery-Id", "X-GitHub-Delivery", "X-Shopify-Event-Id", "X-Shopify-Topic", "X-Id"]
TOKENS = [
    "t=", "v1=", "v0=", "v1,", "v1a,", "sha256=", "sha512=", "Bearer ", ",", " ", "=", ";", "\t",
    "\x00", "\n", "1795262400", "1795262400000", "0", "-1", "9" * 30, "a" * 64, "A" * 43 + "=",
    "\ud800", "é", "🙂", "\x85", "\xa0", "٣",
]  # fmt: skip

characters = st.integers(0, 0x10FFFF).map(chr)
"""All of them, halves of surrogate pairs as well."""

texts = st.one_of(
    st.text(characters, max_size=40),
    st.lists(st.sampled_from(TOKENS), max_size=12).map("".join),
)
names = st.one_of(st.sampled_from(KNOWN + IDS), st.text(characters, max_size=20))
headers = st.dictionaries(names, texts, max_size=6)
settings_of_custom = st.fixed_dictionaries(
    {"signing_secret": st.text(characters, min_size=1)},
    optional={
        "method": st.one_of(st.sampled_from(["body", "timestamp_body", "token"]), texts),
        "header": names,
        "prefix": texts,
        "algorithm": st.one_of(st.sampled_from(["sha256", "sha1", "sha512", "md5"]), texts),
        "encoding": st.one_of(st.sampled_from(["hex", "base64"]), texts),
        "timestamp_header": names,
        "separator": texts,
        "id_header": names,
    },
)
documents = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(characters)),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(characters), inner)),
    max_leaves=10,
)


@pytest.mark.parametrize("name", NAMES)
@settings(CALM, max_examples=60)
@given(told=headers, body=st.binary(max_size=200))
def test_what_nobody_signed_is_refused(name: str, told: Mapping[str, str], body: bytes) -> None:
    verdict = signatures.check(
        name.partition(",")[0], [secret(name), secret(name)], headers=told, body=body, now=NOW
    )
    assert (verdict.accepted, verdict.key, verdict.matched) == (False, "", None)
    assert verdict.reason in signatures.REASONS
    assert verdict.delivery_id.isprintable()
    assert len(verdict.delivery_id) <= 200


@pytest.mark.parametrize("name", NAMES)
@settings(CALM, max_examples=40)
@given(told=headers)
def test_other_headers_beside_the_right_ones_change_nothing(
    name: str, told: Mapping[str, str]
) -> None:
    sent = case(name)
    own = {header.lower() for header in sent.headers} | {"webhook-id"}
    beside = {key: text for key, text in told.items() if key.lower() not in own}
    verdict = signatures.check(
        sent.kind, [sent.values], headers={**beside, **sent.headers}, body=sent.body, now=NOW
    )
    assert verdict.accepted


@pytest.mark.parametrize("kind", signatures.KINDS)
@settings(CALM, max_examples=40)
@given(key=st.text(characters), told=headers)
def test_any_text_may_be_the_secret(kind: str, key: str, told: Mapping[str, str]) -> None:
    values = {**secret(kind), "signing_secret": key}
    verdict = signatures.check(kind, [values], headers=told, body=b"{}", now=NOW)
    assert not verdict.accepted
    if not key.strip():
        assert verdict.reason == "no_secret"


@settings(CALM, max_examples=80)
@given(values=settings_of_custom, told=headers, body=st.binary(max_size=50))
def test_custom_may_be_set_to_anything(
    values: dict[str, str], told: Mapping[str, str], body: bytes
) -> None:
    verdict = signatures.check("custom", [values], headers=told, body=body, now=NOW)
    assert verdict.reason in {"ok", *signatures.REASONS}
    if verdict.accepted:
        assert values["method"] == "token"
        assert any(values["signing_secret"].strip() in text for text in told.values())
    assert signatures.deduplicates_by("custom", values)


@pytest.mark.parametrize("name", NAMES)
@settings(CALM, max_examples=40)
@given(
    body=st.one_of(
        st.binary(max_size=300), documents.map(lambda data: repr(data).encode("utf-8", "replace"))
    )
)
def test_any_body_that_is_signed_is_taken(name: str, body: bytes) -> None:
    verdict = case(name, body=body).check()
    assert (verdict.accepted, verdict.reason, verdict.matched) == (True, "ok", 0)
    assert verdict.delivery_id.isprintable()


@pytest.mark.parametrize("kind", ["slack", "stripe"])
@settings(CALM, max_examples=40)
@given(data=documents, member=st.sampled_from(["id", "event_id", "challenge"]))
def test_any_member_may_be_anything(kind: str, data: object, member: str) -> None:
    body = json.dumps({"type": "url_verification", member: data}).encode()
    verdict = case(kind, body=body).check()
    assert verdict.accepted
    assert verdict.challenge is None or isinstance(data, str)
    assert bool(verdict.key)


@settings(CALM, max_examples=80)
@given(
    body=st.one_of(st.binary(), texts.map(lambda text: text.encode("utf-8", "surrogatepass"))),
    content_type=st.one_of(
        st.sampled_from(
            ["application/json", "application/x-www-form-urlencoded", "text/plain", ""]
        ),
        st.text(characters),
    ),
)
def test_reading_a_body_never_raises(body: bytes, content_type: str) -> None:
    read = bodies.parse(body, content_type)
    assert read.kind in {"json", "form", "text", "binary", "empty"}
    assert (read.kind == "empty") is (body == b"")
