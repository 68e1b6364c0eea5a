"""The JSON Schema of an exported workflow, made from what each kind of node is told. Pure."""

from __future__ import annotations

from typing import Any

from workflows.definition.settings import KINDS, NODE_ID

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def document_schema() -> dict[str, Any]:
    """Return the schema that `docs/workflow.schema.json` publishes."""
    text = {"type": "string"}
    return {
        "$schema": DRAFT,
        "title": "A workflow exported from Spojit",
        "type": "object",
        "additionalProperties": False,
        "required": ["format", "name", "connections", "definition"],
        "properties": {
            "format": {"const": "spojit.workflow/1"},
            "name": {"type": "string", "minLength": 1, "maxLength": 120},
            "stable_key": text,
            "tags": {"type": "array", "items": text, "maxItems": 20},
            "connections": {"type": "array", "items": _closed("id stable_key connector name")},
            "definition": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "nodes": {"type": "array", "items": {"oneOf": [_node(k) for k in KINDS]}},
                    "wires": {"type": "array", "items": _closed("from output to")},
                },
            },
        },
        "$defs": _definitions(),
    }


def _closed(names: str) -> dict[str, Any]:
    """Return an object of just these texts."""
    keys = names.split()
    properties = {key: {"type": "string"} for key in keys}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": keys,
        "properties": properties,
    }


def _node(kind: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["id", "kind"],
        "properties": {
            "id": {"type": "string", "pattern": NODE_ID, "maxLength": 40},
            "kind": {"const": kind},
            "name": {"type": "string", "maxLength": 120},
            "settings": {"$ref": f"#/$defs/{KINDS[kind].__name__}"},
        },
    }


def _definitions() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for model in KINDS.values():
        schema = model.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
        found |= schema.pop("$defs", {})
        found[model.__name__] = schema
    return found
