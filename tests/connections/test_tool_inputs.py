"""What may be typed into the inputs that are made from a tool's schema."""

from __future__ import annotations

import pytest
from django import forms

from connections.forms.arguments import JsonField, LinesField


@pytest.mark.parametrize(
    ("typed", "read"),
    [('{"a": 1}', {"a": 1}), (" [1, 2] ", [1, 2]), ("false", False), ("0", 0), ("", None)],
)
def test_json_is_read_as_what_it_says(typed: str, read: object) -> None:
    assert JsonField(types=["object"], required=False).clean(typed) == read


def test_a_text_stands_without_quotes_where_texts_are_taken() -> None:
    assert JsonField(types=["string", "integer"]).clean("plain words") == "plain words"
    with pytest.raises(forms.ValidationError, match=r"This is not JSON\."):
        JsonField(types=["object"]).clean("plain words")


@pytest.mark.parametrize("typed", ["", "  ", "null"])
def test_json_that_is_needed_must_hold_something(typed: str) -> None:
    field = JsonField(types=["object"], error_messages={"required": "Body is needed."})
    with pytest.raises(forms.ValidationError, match=r"Body is needed\."):
        field.clean(typed)


def test_a_list_has_a_text_on_each_line() -> None:
    assert LinesField().clean(" one \n\n two\r\n") == ["one", "two"]
    assert LinesField(required=False).clean(" \n ") is None


def test_a_list_that_is_needed_has_a_line() -> None:
    field = LinesField(error_messages={"required": "Labels is needed."})
    with pytest.raises(forms.ValidationError, match=r"Labels is needed\."):
        field.clean(" \n ")
