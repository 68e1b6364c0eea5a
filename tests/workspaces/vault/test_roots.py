"""Root keys wrap and unwrap; a wrong one says so; a bad setting says how to mend it."""

from __future__ import annotations

import base64
import os
import socket
from typing import Any

import pytest
from hypothesis import given, strategies as st

from spojit.lib import redaction
from workspaces.vault import roots
from workspaces.vault.roots import (
    BadRootConfiguration,
    RootUnavailable,
    UnknownRoot,
    WrongRoot,
    aws_kms,
    generate_local_root,
    local,
)

CONTEXT = {"workspace": "w1", "data_key": "k1"}
DATA_KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the keys of these tests out of the process's redaction."""
    monkeypatch.setattr(redaction, "register_for_process", lambda values: None)
    roots.read.cache_clear()


def test_a_local_root_unwraps_what_it_wrapped() -> None:
    root = roots.read(root_keys=generate_local_root()).primary
    wrapped = root.wrap(DATA_KEY, context=CONTEXT)
    assert DATA_KEY not in wrapped
    assert root.unwrap(wrapped, context=dict(reversed(CONTEXT.items()))) == DATA_KEY
    assert root.wrap(DATA_KEY, context=CONTEXT) != wrapped


@given(bit=st.integers(0, 8 * 62 - 1))
def test_an_altered_wrap_does_not_open(bit: int) -> None:
    root = local.LocalRoot(id="main", key=b"k" * 32)
    wrapped = bytearray(root.wrap(DATA_KEY, context=CONTEXT))
    wrapped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(WrongRoot):
        root.unwrap(bytes(wrapped), context=CONTEXT)


@pytest.mark.parametrize(
    "context", [{}, {"workspace": "w2", "data_key": "k1"}, {"w": "orkspacew1"}]
)
def test_another_context_does_not_open(context: dict[str, str]) -> None:
    root = local.LocalRoot(id="main", key=b"k" * 32)
    with pytest.raises(WrongRoot):
        root.unwrap(root.wrap(DATA_KEY, context=CONTEXT), context=context)


def test_another_key_or_name_does_not_open() -> None:
    wrapped = local.LocalRoot(id="main", key=b"k" * 32).wrap(DATA_KEY, context=CONTEXT)
    for other in (local.LocalRoot(id="main", key=b"l" * 32), local.LocalRoot("x", b"k" * 32)):
        with pytest.raises(WrongRoot):
            other.unwrap(wrapped, context=CONTEXT)
    with pytest.raises(WrongRoot):
        local.LocalRoot(id="main", key=b"k" * 32).unwrap(b"short", context=CONTEXT)


def test_the_first_key_is_primary_and_all_are_found() -> None:
    text = f"{generate_local_root('new')}, {generate_local_root('old')}"
    found = roots.read(root_keys=text)
    assert found.primary.id == "new"
    assert list(found.by_id) == ["new", "old"]
    assert found.get("old").id == "old"
    with pytest.raises(UnknownRoot, match="'gone' is not configured"):
        found.get("gone")


def test_keys_of_kms_come_first_unless_one_is_named() -> None:
    keys, kms = generate_local_root("here"), "there=alias/spojit,old=arn:aws:kms:eu-west-1:1:key/a"
    assert roots.read(root_keys=keys, root_kms_keys=kms).primary.id == "there"
    assert roots.read(root_keys=keys, root_kms_keys=kms, root_primary="here").primary.id == "here"
    with pytest.raises(BadRootConfiguration, match=r"ROOT_PRIMARY: .*'gone'; there are: here, old"):
        roots.read(root_keys=keys, root_kms_keys=kms, root_primary="gone")


def _encoded(size: int) -> str:
    return base64.b64encode(b"k" * size).decode()


MAKE_ONE = "make one with: openssl rand -base64 32"
GOOD = f"a:{_encoded(32)}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ROOT_KEYS: there is no root key; make one with: "),
        (f"{GOOD},b:{_encoded(31)}", f"entry 2 is 31 bytes; {MAKE_ONE}"),
        (_encoded(32), "ROOT_KEYS: entry 1 has no name; write it as name:key; make"),
        (f"{GOOD},", "ROOT_KEYS: entry 2 has no name"),
        (f"{GOOD},b:%%%", "ROOT_KEYS: entry 2 is not base64; make"),
        (f"a b:{_encoded(32)}", "ROOT_KEYS: entry 1 has a name with other characters"),
        (f"{GOOD},b:{_encoded(32)}", "ROOT_KEYS: entry 2 is the same key as entry 1"),
        (f"{GOOD},a:{base64.b64encode(b'z' * 32).decode()}", "a name is used twice"),
    ],
)  # fmt: skip
def test_a_bad_setting_says_how_to_mend_it(text: str, message: str) -> None:
    with pytest.raises(BadRootConfiguration) as caught:
        roots.read(root_keys=text)
    assert message in str(caught.value)
    assert _encoded(32) not in str(caught.value)


@pytest.mark.parametrize("text", ["alias/x", "=alias/x", "a=", "a=alias/x,,"])
def test_a_bad_kms_setting_says_how_to_mend_it(text: str) -> None:
    with pytest.raises(BadRootConfiguration, match=r"ROOT_KMS_KEYS: entry \d is not of the form"):
        roots.read(root_kms_keys=text)


def test_nothing_shows_a_key() -> None:
    text = generate_local_root()
    key = text.partition(":")[2]
    assert key not in repr(roots.read(root_keys=text))
    assert repr(base64.b64decode(key)) not in repr(roots.read(root_keys=text))


def test_a_configured_key_is_hidden_from_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(redaction, "register_for_process", seen.extend)
    local.parse(GOOD)
    assert seen == [_encoded(32)]


def test_kms_unwraps_what_it_wrapped_in_the_same_context(kms: Any) -> None:
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    root = roots.read(root_kms_keys=f"cloud={arn}").primary
    wrapped = root.wrap(DATA_KEY, context=CONTEXT)
    assert DATA_KEY not in wrapped
    assert root.unwrap(wrapped, context=CONTEXT) == DATA_KEY
    with pytest.raises(WrongRoot):
        root.unwrap(wrapped, context={**CONTEXT, "workspace": "w2"})
    with pytest.raises(WrongRoot):
        root.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), context=CONTEXT)


def test_kms_takes_an_alias(kms: Any) -> None:
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/{key_id}", TargetKeyId=key_id)
    root = aws_kms.parse(f"cloud=alias/{key_id}")[0]
    assert root.unwrap(root.wrap(DATA_KEY, context=CONTEXT), context=CONTEXT) == DATA_KEY


def test_what_kms_refuses_is_unavailable_not_wrong(kms: Any) -> None:
    with pytest.raises(RootUnavailable, match="refused to use the root key 'gone'") as caught:
        aws_kms.parse("gone=alias/gone")[0].wrap(DATA_KEY, context=CONTEXT)
    assert caught.value.transient
    assert caught.value.__suppress_context__


def test_kms_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch, kms: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(RootUnavailable, match="did not answer"):
        aws_kms.parse("cloud=alias/x")[0].wrap(os.urandom(32), context=CONTEXT)
