"""Bodies are read as they say, within limits, and never make anything raise."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from connectors import bodies
from connectors.bodies import Body

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, 2.5, null, true, "x"]}', {"a": [1, 2.5, None, True, "x"]}),
        (b"[]", []),
        (b' "text" ', "text"),
        (b"0", 0),
        (b"null", None),
        (b"\xef\xbb\xbf{}", {}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"caf\\u00e9 \\ud83d\\ude42 caf\xc3\xa9"', "café 🙂 café"),
        (b'{"a": "\\u0000"}', {"a": "\0"}),
        (b"1e308", 1e308),
        (b"-0", 0),
    ],
)
def test_json_is_read(body: bytes, value: object) -> None:
    assert bodies.parse(body, JSON) == Body("json", value)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        " application/json ;",
        "application/vnd.api+json",
        "application/cloudevents+json; charset=UTF-8",
        "",
        "text/plain",
        "text/plain; charset=utf-8",
    ],
)
def test_json_is_known_by_its_type_or_by_its_beginning(content_type: str) -> None:
    assert bodies.parse(b' {"a": 1}', content_type) == Body("json", {"a": 1})


@pytest.mark.parametrize(
    ("body", "content_type", "data"),
    [
        (b"12", "", "12"),
        (b"{not json}", "", "{not json}"),
        (b"{}", "text/html", "{}"),
        (b"<a/>", "application/xml", "<a/>"),
        (b"caf\xe9", "text/plain; charset=ISO-8859-1", "café"),
        (b"caf\xe9 \x80", 'text/plain; charset="windows-1252"', "café €"),
        ("grüße".encode(), "text/plain; charset=rot13", "grüße"),
        (b"a\r\nb", "text/plain", "a\r\nb"),
    ],
)
def test_other_text_stays_text(body: bytes, content_type: str, data: str) -> None:
    assert bodies.parse(body, content_type) == Body("text", data)


@pytest.mark.parametrize("body", [b"\0", b"\x89PNG\r\n\x1a\n\0", b"\xff\xfe{}", b"caf\xe9"])
def test_what_is_no_text_is_binary(body: bytes) -> None:
    for content_type in ("application/octet-stream", "text/plain", ""):
        assert bodies.parse(body, content_type) == Body("binary")


@pytest.mark.parametrize("content_type", [JSON, FORM, "text/plain", ""])
def test_nothing_is_empty(content_type: str) -> None:
    assert bodies.parse(b"", content_type) == Body("empty")


@pytest.mark.parametrize(
    "body", [b"NaN", b"[Infinity]", b'{"a": -Infinity}', b"{", b"{'a': 1}", b"[1,]", b"01", b"\x00"]
)
def test_what_is_no_json_stays_what_it_is_with_the_reason(body: bytes) -> None:
    read = bodies.parse(body, JSON)
    assert read.kind == ("binary" if b"\0" in body else "text")
    assert read.data == (None if b"\0" in body else body.decode())
    assert read.problem == "It is said to be JSON, and is not."


@pytest.mark.parametrize("body", ['{"a": 1}'.encode("utf-16"), b'"caf\xe9"'])
def test_json_in_another_encoding_is_none(body: bytes) -> None:
    assert bodies.parse(body, JSON) == Body("binary", None, "It is said to be JSON, and is not.")


def test_half_of_a_character_is_refused() -> None:
    for body in (b'"\\ud83d"', b'{"\\udc00": 1}', b'["\\uD83D\\u0041"]'):
        read = bodies.parse(body, JSON)
        assert read == Body("text", body.decode(), "The JSON has half of a character.")


def test_sixty_four_levels_are_read_and_one_more_is_not() -> None:
    assert bodies.parse(nested(64), JSON).kind == "json"
    read = bodies.parse(nested(65), JSON)
    assert read == Body("text", nested(65).decode(), "The JSON is nested more than 64 levels deep.")
    within = b'{"a":' * 64 + b"1" + b"}" * 64
    assert bodies.parse(within, JSON).kind == "json"
    assert bodies.parse(b'{"a":' * 65 + b"1" + b"}" * 65, JSON).kind == "text"


@pytest.mark.parametrize("body", [nested(500_000), b"[" * 1_000_000, b'{"a":' * 200_000])
def test_levels_without_end_are_refused(body: bytes) -> None:
    assert bodies.parse(body, JSON).kind == "text"
    assert bodies.parse(body, "").kind == "text"


def test_ten_thousand_entries_are_read_and_one_more_is_not() -> None:
    assert len(bodies.parse(json.dumps([0] * 10_000).encode(), JSON).data) == 10_000
    problem = "The JSON has more than 10,000 keys and items."
    for value in ([0] * 10_001, {str(key): 0 for key in range(10_001)}, [[0] * 100] * 100):
        read = bodies.parse(json.dumps(value).encode(), JSON)
        assert (read.kind, read.problem) == ("text", problem)
    wide = {"a": [[0] * 99 for _ in range(99)]}
    assert bodies.parse(json.dumps(wide).encode(), JSON).kind == "json"


def test_numbers_of_a_thousand_digits_are_read_and_longer_ones_are_not() -> None:
    assert bodies.parse(b"9" * 1_000, JSON).data == 10**1_000 - 1
    assert bodies.parse(b"0." + b"1" * 998, JSON).kind == "json"
    problem = "The JSON has a number of more than 1,000 digits."
    for body in (b"9" * 1_001, b"-" + b"9" * 1_000, b"9" * 100_000, b"0." + b"1" * 999):
        read = bodies.parse(body, JSON)
        assert (read.kind, read.problem) == ("text", problem)
    read = bodies.parse(b'{"a": 1e999}', JSON)
    assert (read.kind, read.problem) == ("text", "The JSON has a number that is too large.")


def test_a_form_is_read() -> None:
    body = b"a=1&b=caf%C3%A9+x&a=2&empty=&=nameless&payload=%7B%22x%22%3A1%7D&bad=%FF"
    assert bodies.parse(body, f"{FORM}; charset=utf-8") == Body(
        "form",
        {
            "a": ["1", "2"],
            "b": "café x",
            "empty": "",
            "": "nameless",
            "payload": '{"x":1}',
            "bad": "\ufffd",
        },
    )


def test_a_form_of_ten_thousand_fields_is_read_and_one_more_is_not() -> None:
    fields = [(f"f{number}", "1") for number in range(10_001)]
    assert len(bodies.parse(urlencode(fields[:-1]).encode(), FORM).data) == 10_000
    read = bodies.parse(urlencode(fields).encode(), FORM)
    assert (read.kind, read.problem) == ("text", "The form has more than 10,000 fields.")
    assert bodies.parse(b"&" * 1_000_000, FORM).kind == "text"


def test_what_was_read_is_not_shown_by_accident() -> None:
    assert "sesame" not in repr(bodies.parse(b'{"password": "sesame"}', JSON))


def test_a_type_with_a_thousand_parameters_is_read() -> None:
    assert bodies.parse(b"{}", JSON + ";a=b" * 10_000) == Body("json", {})
