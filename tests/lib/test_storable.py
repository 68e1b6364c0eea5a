"""Whatever a service answers can be stored: on the value, never on the text of it."""

from __future__ import annotations

import itertools
import json
import math
from datetime import date
from typing import Any

import pytest
from hypothesis import given, strategies as st

from spojit.lib import storable

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
)


@pytest.mark.parametrize(
    ("found", "stored"),
    [
        ("a\x00b", "ab"),
        ("a\\u0000b", "a\\u0000b"),
        ("\ud800x", "\ufffdx"),
        ("😀", "😀"),
        (
            {"\x00k\udfff": [math.nan, math.inf, -math.inf, 1.5]},
            {"k\ufffd": [None, None, None, 1.5]},
        ),
        ((1, True, None), [1, True, None]),
        ({1: date(2026, 1, 2)}, {"1": "2026-01-02"}),
        (2**20_000, storable.TOO_LONG),
    ],
    ids=itertools.count(),
)
def test_values_are_made_fit(found: Any, stored: Any) -> None:
    assert storable.value(found) == stored


def test_what_is_nested_too_deeply_is_cut() -> None:
    found: Any = "x"
    for _ in range(100_000):
        found = [found]
    text = json.dumps(storable.value(found))
    assert text == "[" * 100 + f'"{storable.TOO_DEEP}"' + "]" * 100


@given(ANYTHING)
def test_what_was_made_fit_is_strict_json_and_stays_as_it_is(found: Any) -> None:
    stored = storable.value(found)
    json.dumps(stored, allow_nan=False, ensure_ascii=False).encode()
    assert "\x00" not in json.dumps(stored, ensure_ascii=False)
    assert "\\u0000" not in json.dumps(stored) or "\\\\u0000" in json.dumps(stored)
    assert storable.value(stored) == stored
