"""A sealed value opens with its key, in its place, unaltered, and in no other way."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings, strategies as st

from workspaces.vault import envelope
from workspaces.vault.envelope import CannotOpen, Context, DataKeyMaterial

KEY = DataKeyMaterial(id=uuid4(), key=os.urandom(32))
PLACE = Context(
    workspace_id=uuid4(), table="connections_credential", row="7", purpose="live", version=1
)

contexts = st.builds(
    Context,
    workspace_id=st.none() | st.uuids(),
    table=st.text(max_size=8),
    row=st.text(max_size=8),
    purpose=st.text(max_size=8),
    version=st.integers(0, 1000),
)


def key_for(key_id: UUID) -> DataKeyMaterial:
    assert key_id == KEY.id
    return KEY


@given(plaintext=st.binary(max_size=200), context=contexts)
def test_what_was_sealed_opens_in_its_place(plaintext: bytes, context: Context) -> None:
    sealed = envelope.seal(plaintext, key=KEY, context=context)
    assert envelope.open_(sealed, key_for=key_for, context=context) == plaintext
    assert len(sealed) == len(plaintext) + envelope.OVERHEAD_BYTES
    assert sealed[:2] == b"v1"
    assert envelope.data_key_id(sealed) == KEY.id


@settings(deadline=None)
@given(plaintext=st.binary(max_size=40), data=st.data())
def test_any_changed_bit_closes_it(plaintext: bytes, data: st.DataObject) -> None:
    sealed = bytearray(envelope.seal(plaintext, key=KEY, context=PLACE))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotOpen):
        envelope.open_(bytes(sealed), key_for=lambda _: KEY, context=PLACE)


@given(sealed_in=contexts, opened_in=contexts)
def test_any_other_place_keeps_it_closed(sealed_in: Context, opened_in: Context) -> None:
    assert (sealed_in == opened_in) == (sealed_in.encoded() == opened_in.encoded())
    if sealed_in == opened_in:
        return
    sealed = envelope.seal(b"x", key=KEY, context=sealed_in)
    with pytest.raises(CannotOpen):
        envelope.open_(sealed, key_for=key_for, context=opened_in)


@pytest.mark.parametrize(
    "change",
    [
        {"workspace_id": uuid4()},
        {"workspace_id": None},
        {"table": "connections_credentia", "row": "l7"},
        {"row": "8"},
        {"purpose": "test"},
        {"version": 2},
        {"purpose": "live1", "version": 0},
    ],
)
def test_each_part_of_the_place_counts(change: dict[str, object]) -> None:
    sealed = envelope.seal(b"x", key=KEY, context=PLACE)
    with pytest.raises(CannotOpen):
        envelope.open_(sealed, key_for=key_for, context=replace(PLACE, **change))  # type: ignore[arg-type]


@given(junk=st.binary(max_size=60))
def test_junk_does_not_open(junk: bytes) -> None:
    with pytest.raises(CannotOpen):
        envelope.open_(junk, key_for=lambda _: KEY, context=PLACE)


def test_another_key_does_not_open_it() -> None:
    sealed = envelope.seal(b"x", key=KEY, context=PLACE)
    other = DataKeyMaterial(id=KEY.id, key=os.urandom(32))
    with pytest.raises(CannotOpen):
        envelope.open_(sealed, key_for=lambda _: other, context=PLACE)


def test_the_refusal_names_neither_key_nor_content() -> None:
    sealed = envelope.seal(b"canary-content", key=KEY, context=PLACE)
    with pytest.raises(CannotOpen) as caught:
        envelope.open_(sealed, key_for=key_for, context=replace(PLACE, row="8"))
    said = f"{caught.value!r} {caught.value} {caught.value.hint}"
    assert str(KEY.id) not in said
    assert "canary" not in said
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_every_seal_has_a_nonce_of_its_own() -> None:
    seals = {envelope.seal(b"x", key=KEY, context=PLACE) for _ in range(1000)}
    assert len({sealed[18:30] for sealed in seals}) == 1000


def test_a_key_is_32_bytes_and_shows_none_of_them() -> None:
    for size in (0, 16, 31, 33):
        with pytest.raises(ValueError, match="32 bytes"):
            DataKeyMaterial(id=KEY.id, key=b"x" * size)
    assert repr(KEY) == f"DataKeyMaterial(id={KEY.id!r})"
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(KEY)


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "MAX_PLAINTEXT_BYTES", 10)
    with pytest.raises(ValueError, match="64 MiB"):
        envelope.seal(b"x" * 11, key=KEY, context=PLACE)
