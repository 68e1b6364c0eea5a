"""Inputs made from a tool's JSON Schema; each can be JSON or an expression instead.

The inputs themselves are those of `connections.forms.arguments`, by which tools are tried.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.html import escape

from connections.forms import arguments
from connections.forms.arguments import JsonField, LinesField
from workflows.forms.steps.fields import Column, ListField, RowsField, TextField, ValueField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflows.forms.steps.base import StepForm
    from workflows.forms.steps.lines import Setting

DEEPEST = 3
PAIR = (Column("name", "Name", is_value=False), Column("value", "Value"))


def add(
    form: StepForm,
    key: str,
    schema: Mapping[str, Any],
    *,
    is_required: bool,
    depth: int = 0,
) -> Setting:
    """Make the input of one property, or a group of inputs for an object that names its own."""
    name = key.rpartition(".")[2]
    label = str(schema.get("title") or name)
    if _is_group(schema) and depth < DEEPEST:
        return _group(form, key, label, schema, is_required=is_required, depth=depth)
    made = _made(name, label, schema)
    is_plain = isinstance(made, (TextField, ValueField))
    setting = form.add(key, made, code=not is_plain, is_required=is_required)
    setting.takes_names = is_plain or setting.is_table or isinstance(made, LinesField)
    return setting


def _group(
    form: StepForm,
    key: str,
    label: str,
    schema: Mapping[str, Any],
    *,
    is_required: bool,
    depth: int,
) -> Setting:
    help_text = escape(schema.get("description", ""))
    group = form.add_group(key, label, help=help_text, is_required=is_required)
    required = schema.get("required", [])
    for name, inner in schema["properties"].items():
        part = add(form, f"{key}.{name}", inner, is_required=name in required, depth=depth + 1)
        group.parts.append(part)
    return group


def _is_group(schema: Mapping[str, Any]) -> bool:
    has_names = isinstance(schema.get("properties"), dict) and bool(schema["properties"])
    return has_names and arguments.types_of(schema) == ["object"] and not _is_open(schema)


def _is_open(schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("additionalProperties"))


def _made(name: str, label: str, schema: Mapping[str, Any]) -> forms.Field:
    """Make an input like those of the tool's own page, for values that may come later."""
    made = arguments.input_for(name, schema, is_required=False)
    if isinstance(made, JsonField):
        made = _of_json(label, schema)
    elif isinstance(made, LinesField):
        made = ListField(label=label, help_text=made.help_text, required=False)
    elif type(made) is forms.CharField:
        rows = 4 if isinstance(made.widget, forms.Textarea) else 0
        made = TextField(label=label, help_text=made.help_text, rows=rows)
    _tell_default(made, schema)
    return made


def _of_json(label: str, schema: Mapping[str, Any]) -> forms.Field:
    about = escape(schema.get("description", ""))
    if arguments.types_of(schema) == ["object"]:
        return RowsField(PAIR, label=label, help_text=about)
    return ValueField(label=label, help_text=f"{about} Written as JSON.".strip(), rows=4)


def _tell_default(made: forms.Field, schema: Mapping[str, Any]) -> None:
    """Say what counts when nothing is chosen, where the usual form would fill it in."""
    made.initial = None
    if "default" not in schema:
        return
    default = schema["default"]
    written = default if isinstance(default, str) else json.dumps(default)
    if isinstance(made, forms.ChoiceField):
        said = {"true": "yes", "false": "no"}.get(written, written)
        made.choices = [("", f"not set: {said}"), *list(made.choices)[1:]]  # type: ignore[arg-type]
    elif "\n" not in written and written:
        made.widget.attrs["placeholder"] = written
