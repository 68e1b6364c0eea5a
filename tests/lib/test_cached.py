"""The cache: JSON only, and numbers that count."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from spojit.lib.cached import JsonSerializer
from spojit.lib.ids import new_token


def test_values_come_back_as_they_went() -> None:
    name = new_token()
    for value in ([1.5, 2], {"a": [None, True]}, "text", 7):
        cache.set(name, value, timeout=60)
        assert cache.get(name) == value


def test_numbers_count() -> None:
    name = new_token()
    cache.add(name, 0, timeout=60)
    assert [cache.incr(name), cache.incr(name, 5)] == [1, 6]


def test_a_pickle_that_somebody_put_there_is_not_run() -> None:
    with pytest.raises(ValueError, match=r"utf-8|Expecting value"):
        JsonSerializer().loads(b"\x80\x05cposix\nsystem\n.")


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(TypeError):
        JsonSerializer().dumps(object())
