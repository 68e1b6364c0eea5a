"""Inputs made from a scheme's declared fields. A secret is never rendered with a value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.html import escape

if TYPE_CHECKING:
    from connectors.manifest import Field, Scheme

PREFIX = "value-"


class SecretTextarea(forms.Textarea):
    """A secret of several lines; write-only."""

    def format_value(self, _value: Any) -> None:
        """Render it empty, whatever was typed."""


class RawField(forms.CharField):
    """A text as it was typed: `connectors.fields.clean` trims, checks and normalises it.

    `required` only says what is shown.
    """

    def __init__(self, **options: Any) -> None:
        """Keep spaces, which the hygiene counts and tells of."""
        super().__init__(strip=False, **options)

    def validate(self, value: Any) -> None:
        """Accept anything."""

    def run_validators(self, value: Any) -> None:
        """Accept anything."""


def make(field: Field, scheme: Scheme) -> RawField:
    """Make the input of one field."""
    made = RawField(
        label=field.label,
        help_text=escape(field.help),
        required=field.required,
        widget=_widget(field),
    )
    made.widget.attrs |= _attributes(field, scheme)
    return made


def _widget(field: Field) -> forms.Widget:
    if field.choices:
        blank = [] if field.default else [("", "Choose…" if field.required else "not set")]
        choices = [(choice.value, choice.label) for choice in field.choices]
        return forms.Select(choices=[*blank, *choices])
    if field.is_multiline:
        return SecretTextarea() if field.secret else forms.Textarea()
    return forms.PasswordInput(render_value=False) if field.secret else forms.TextInput()


def _attributes(field: Field, scheme: Scheme) -> dict[str, str]:
    attributes = {"autocomplete": "new-password" if field.secret else "off", "spellcheck": "false"}
    if field.choices:
        attributes = {}
    if field.placeholder:
        attributes["placeholder"] = field.placeholder
    if field.kind in {"port", "integer"}:
        attributes["inputmode"] = "numeric"
    is_code = field.kind in {"host", "url", "connection_string"}
    if field.secret or field.is_multiline or is_code:
        attributes["class"] = "input-code"
    warnings = {choice.value: choice.warning for choice in field.choices if choice.warning}
    if warnings:
        attributes["data-warnings"] = json.dumps(warnings)
    if field.when:
        conditions = {
            PREFIX + key: _allowed(scheme, key, values) for key, values in field.when.items()
        }
        attributes["data-when"] = json.dumps(conditions)
    return attributes


def _allowed(scheme: Scheme, key: str, values: list[str]) -> list[str]:
    """Count an empty input as its default, as the server does."""
    other = scheme.field(key)
    return [*values, ""] if other and other.default in values else values
