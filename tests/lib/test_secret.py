"""A secret shows a mask, and does not travel."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from django.template import Context, Engine

from spojit.lib.secret import Secret

PLAIN = "sk_live_0123456789"


def test_only_reveal_gives_the_plaintext() -> None:
    assert Secret(PLAIN).reveal() == PLAIN


def test_it_prints_as_a_mask() -> None:
    secret = Secret(PLAIN)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret:>40}", "%s" % secret]  # noqa: UP031
    assert shown == ["••••"] * 5
    assert repr({"key": secret}) == "{'key': ••••}"


def test_it_cannot_be_pickled_or_encoded() -> None:
    secret = Secret(PLAIN)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(secret, protocol)
    with pytest.raises(TypeError):
        json.dumps({"key": secret})
    with pytest.raises(TypeError, match="cannot be pickled"):
        secret.__getstate__()
    with pytest.raises(TypeError):
        vars(secret)


def test_a_copy_is_the_same_object() -> None:
    secret = Secret(PLAIN)
    assert copy.copy(secret) is secret
    assert copy.deepcopy({"key": secret})["key"] is secret


def test_secrets_are_equal_to_secrets_only() -> None:
    assert Secret("pässwörd") == Secret("pässwörd")
    assert Secret(PLAIN) != Secret(PLAIN + "x")
    assert Secret(PLAIN) != PLAIN
    with pytest.raises(TypeError):
        hash(Secret(PLAIN))


def test_it_has_a_length_and_a_truth() -> None:
    assert len(Secret(PLAIN)) == len(PLAIN)
    assert not Secret("")


def test_only_text_is_taken() -> None:
    with pytest.raises(TypeError, match="is text"):
        Secret(b"bytes")  # type: ignore[arg-type]


def test_a_template_cannot_open_it() -> None:
    template = Engine().from_string("{{ secret }}|{{ secret.reveal }}")
    shown = template.render(Context({"secret": Secret(PLAIN)}))
    assert shown == "••••|"
