"""Values that are wrong are called so, and hostile schemas are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.connectors.utilities import nested, refuse, use


@pytest.mark.parametrize(
    ("tool", "value"),
    [
        ("email", "ada@@example.com"),
        ("email", "ada@" + "a." * 900),
        ("phone_number", "12"),
        ("phone_number", "+" + "1" * 90),
        ("url", "javascript:alert(1)"),
        ("url", "https://ada:secret@example.com"),
        ("ip", "256.1.1.1"),
        ("ip", "10.0.0.1/8"),
        ("domain", "example"),
        ("domain", "127.0.0.1"),
        ("domain", "a..b"),
        ("iban", "DE00370400440532013000"),
        ("card_number", "4242424242424241"),
        ("card_number", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"),
        ("vat_number", "XX1"),
        ("barcode", "9780131103620"),
        ("day", "2026-02-30"),
    ],
)
def test_values_that_are_wrong_are_called_so(tool: str, value: str) -> None:
    assert use("validation", tool, value=value) == {
        "is_valid": False,
        "normalized": "",
        "details": {},
    }


MANY = {f"b{n}": 1 for n in range(20_000)}


def deep_references(levels: int) -> dict[str, Any]:
    both = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": both | {f"d{levels}": {}}}


@pytest.mark.parametrize(
    ("schema", "value", "why"),
    [
        (deep_references(40), 1, "too much work"),
        ({"$ref": "#"}, 1, "too much work"),
        ({"$ref": "https://example.com/schema.json"}, 1, "not in it"),
        ({"$ref": "file:///etc/passwd"}, 1, "not in it"),
        ({"type": "nothing"}, 1, "not a JSON Schema"),
        ({"pattern": "(?=a)"}, "a", "regular expression"),
        ({"pattern": "(a?){500}b"}, "a" * 1_000_000, "too large"),
        ({"items": {"enum": list(range(5_000))}}, [4_999] * 5_000, "too much work"),
        ({"items": {"pattern": r"\p{L}{20}"}}, ["x" * 1_000] * 1_000, "too much work"),
        ({"allOf": [{"pattern": f"a|{n}"} for n in range(100)]}, "a", "too much work"),
        ({"patternProperties": {f"a{n}": {} for n in range(20)}}, MANY, "too much work"),
        ({"unevaluatedProperties": False}, {}, "not taken"),
        ({"items": {"$schema": "http://json-schema.org/draft-07/schema#"}}, [1], "not taken"),
        ({"allOf": nested(60)}, 1, "too deeply"),
    ],
)
def test_a_schema_that_is_hostile_is_refused(schema: Any, value: Any, why: str) -> None:
    refuse("validation", "json_schema", why, value=value, schema=schema)


def test_a_schema_says_where_a_value_does_not_fit() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"code": {"pattern": "^(a+)+$"}, "tags": {"uniqueItems": True}},
        "patternProperties": {"^x-": {"type": "string"}},
        "additionalProperties": False,
    }
    assert use("validation", "json_schema", value={"code": "aa", "x-a": ""}, schema=schema) == {
        "is_valid": True,
        "errors": [],
    }
    wrong = {"code": "a" * 5_000 + "b", "tags": [1, 1], "x-a": 1, "more": 1}
    found = use("validation", "json_schema", value=wrong, schema=schema)["errors"]
    assert {(error["path"], error["rule"]) for error in found} == {
        ("code", "pattern"),
        ("tags", "uniqueItems"),
        ("['x-a']", "type"),
        ("", "additionalProperties"),
    }


def test_errors_are_listed_up_to_a_limit_and_hold_no_value() -> None:
    found = use(
        "validation", "json_schema", value=["secret"] * 500, schema={"items": {"type": "null"}}
    )
    assert len(found["errors"]) == 20
    assert "secret" not in json.dumps(found)
