"""JSON Schemas as lists for people."""

from __future__ import annotations

from spojit.lib import outlines


def test_properties_are_listed_with_their_own_beneath() -> None:
    schema = {
        "type": "object",
        "required": ["amount"],
        "properties": {
            "amount": {"type": "integer", "description": "In cents."},
            "customer": {
                "type": ["object", "null"],
                "properties": {"tags": {"type": "array", "items": {"type": "string"}}},
            },
        },
    }
    listed = outlines.outline(schema)
    assert [(line.name, line.type, line.depth) for line in listed] == [
        ("amount", "whole number", 0),
        ("customer", "object", 0),
        ("tags", "list of text", 1),
    ]
    assert listed[0].is_required
    assert listed[0].description == "In cents."


def test_choices_defaults_and_formats_are_kept() -> None:
    properties = {
        "currency": {"type": "string", "enum": ["eur", "usd"], "default": "eur"},
        "at": {"type": "string", "format": "date-time"},
        "anything": {},
    }
    currency, at, anything = outlines.outline({"properties": properties})
    assert (currency.choices, currency.default) == (["eur", "usd"], "eur")
    assert at.type == "text (date-time)"
    assert anything.type == "any"


def test_a_schema_that_holds_itself_ends() -> None:
    schema: dict[str, object] = {"type": "object"}
    schema["properties"] = {"child": schema}
    assert [line.depth for line in outlines.outline(schema)] == [0, 1, 2, 3]


def test_no_schema_is_an_empty_list() -> None:
    assert outlines.outline({}) == []
    assert outlines.outline({"type": "string"}) == []
