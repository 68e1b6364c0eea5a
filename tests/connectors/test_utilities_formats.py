"""XML, HTML, CSV and encodings: bombs go off nowhere, and what is written is read again."""

from __future__ import annotations

import base64
import zlib
from time import monotonic
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from tests.connectors.utilities import QUICK_SECONDS, nested, refuse, use

_BOMB = (
    """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "lol"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>"""
)
_OUTSIDE = """<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>"""


@pytest.mark.parametrize("text", [_BOMB, _OUTSIDE, "<a>" * 200 + "</a>" * 200, "<a>&b;</a>", "<a"])
def test_hostile_xml_is_not_read(text: str) -> None:
    refuse("xml", "read", "not XML that can be read", text=text)
    assert use("xml", "check", text=text) is False


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"a": nested(60)}, "deeply"),
        ({"a b": 1}, "no name"),
        ({"a": {"@x y": 1}}, "no name"),
        ({"a><b": 1}, "no name"),
        ({"a": [1, 2]}, "one root"),
        ({"a": "\x00"}, "cannot"),
        ({"a": {"@x": "\ud800"}}, "cannot"),
        ({"a": {"b": ["x" * 1000] * 3000}}, "too long"),
    ],
)
def test_what_is_no_document_is_not_written(value: Any, why: str) -> None:
    refuse("xml", "write", why, value=value)


_names = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
_texts = st.from_regex(r"[A-Za-z0-9<>&'\"äß]{1,12}", fullmatch=True)
_elements = st.recursive(
    _texts,
    lambda inside: st.dictionaries(
        _names, inside | st.lists(inside, min_size=2, max_size=3), min_size=1, max_size=3
    ),
    max_leaves=8,
)


@given(_names, _elements, st.sampled_from([0, 2]))
def test_what_is_written_as_xml_is_read_again(name: str, content: Any, indent: int) -> None:
    written = use("xml", "write", value={name: content}, indent=indent, declaration=bool(indent))
    assert use("xml", "read", text=written) == {name: content}


def test_html_that_does_not_end_is_read_all_the_same() -> None:
    started = monotonic()
    assert use("text", "remove_tags", text="<" * 1_000_000 + "a").count("<") == 1_000_000
    assert use("text", "remove_tags", text="a<script>" * 100_000) == "a"
    assert use("text", "remove_tags", text="a<!-- <b> -->&lt;") == "a<"
    assert monotonic() - started < QUICK_SECONDS
    refuse("text", "remove_tags", "cannot|can be read", text="&#" + "1" * 5_000 + ";")


def test_a_bomb_of_compressed_text_is_refused() -> None:
    bomb = base64.b64encode(zlib.compress(b"a" * 200_000_000, 9)).decode()
    refuse("encoding", "decompress", "too long", text=bomb)


@pytest.mark.parametrize(
    ("tool", "text", "why"),
    [
        ("decompress", "AAAA", "not compressed"),
        ("decompress", base64.b64encode(zlib.compress(b"lamp")[:-4]).decode(), "not whole"),
        ("decompress", "!", "not Base64"),
        ("decode_base64", "a", "not Base64"),
        ("decode_base64", "/w==", "UTF-8"),
        ("decode_hex", "xy", "hexadecimal"),
        ("decode_url", "%ff", "UTF-8"),
        ("encode_base64", "\ud800", "does not fit"),
        ("hash", "\ud800", "does not fit"),
        ("decode_query", "a=1&" * 2_000, "too many"),
        ("unescape_html", "&#" + "1" * 5_000 + ";", "does not exist"),
    ],
)
def test_what_cannot_be_decoded_is_refused(tool: str, text: str, why: str) -> None:
    refuse("encoding", tool, why, text=text)


@pytest.mark.parametrize("domain", ["a..b", "-", "a" * 64, "\u200d", "xn--a"])
def test_what_is_no_domain_is_refused(domain: str) -> None:
    refuse("encoding", "encode_domain", "not a domain", domain=domain)


@pytest.mark.parametrize("way", ["base64", "hex", "url", "html"])
@given(text=st.text(max_size=80))
@settings(max_examples=30)
def test_what_is_encoded_is_decoded_again(way: str, text: str) -> None:
    names = (
        ("escape_html", "unescape_html") if way == "html" else (f"encode_{way}", f"decode_{way}")
    )
    written = use("encoding", names[0], text=text)
    if way == "html" and "&" in text:
        assert use("encoding", names[1], text=use("encoding", names[0], text=written)) == written
    else:
        assert use("encoding", names[1], text=written) == text


@given(st.text(max_size=200))
@settings(max_examples=30)
def test_what_is_compressed_is_decompressed_again(text: str) -> None:
    assert use("encoding", "decompress", text=use("encoding", "compress", text=text)) == text


@given(
    st.lists(
        st.fixed_dictionaries(
            {name: st.text(st.characters(exclude_categories=["Cs"]), max_size=8) for name in "ab"}
        ).filter(lambda row: any(row.values())),
        max_size=5,
    )
)
def test_what_is_written_as_csv_is_read_again(rows: list[dict[str, str]]) -> None:
    written = use("csv", "write", rows=rows, columns=["a", "b"], delimiter=";")
    assert use("csv", "read", text=written, delimiter=";") == rows


def test_a_table_has_names_for_all_columns_and_rows_of_one_length() -> None:
    assert use("csv", "read", text="\ufeffa,a,,b\n1,2\n\n1,2,3,4,5") == [
        {"a": "1", "a_2": "2", "column_3": "", "b": ""},
        {"a": "1", "a_2": "2", "column_3": "3", "b": "4"},
    ]


@pytest.mark.parametrize(
    ("tool", "arguments", "why"),
    [
        ("read", {"text": 'a\n"' + "b" * 10}, "does not end"),
        ("read", {"text": "a\n" + "b" * 200_000}, "too long"),
        ("read", {"text": "a," * 2_000}, "too large"),
        ("read", {"text": "a\n" * 100_010}, "too large"),
        ("read_rows", {"text": ("," * 900 + "\n") * 2_000}, "too large"),
        ("write", {"rows": [{"a": "x" * 1_000}] * 6_000}, "too long"),
        ("write", {"rows": [{}] * 2_000, "columns": [str(n) for n in range(999)]}, "too large"),
        ("pick_columns", {"text": "a\n1", "columns": ["b"]}, "no column"),
    ],
)
def test_a_table_that_is_wrong_or_too_large_is_refused(
    tool: str, arguments: dict[str, Any], why: str
) -> None:
    refuse("csv", tool, why, **arguments)


def test_formulas_are_defused_where_it_is_asked_for() -> None:
    rows = [["=1+1", "@a", "-5", "ok"]]
    assert use("csv", "write_rows", rows=rows) == "=1+1,@a,-5,ok\r\n"
    assert use("csv", "write_rows", rows=rows, safe_for_spreadsheets=True) == "'=1+1,'@a,'-5,ok\r\n"
