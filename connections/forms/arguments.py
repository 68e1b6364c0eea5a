"""A form made from a tool's JSON Schema: text, number, choice, yes or no, list, else JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.html import escape

from connectors import arguments as checking
from connectors.encoding import InvalidArguments

if TYPE_CHECKING:
    from connections.models import Connection
    from connectors.manifest import Connector, Tool

PREFIX = "argument-"
LONG_NAMES = {"text", "html", "body", "query", "sql", "content", "description", "template", "csv"}
NOT_SET = [("", "not set")]
YES_NO = [*NOT_SET, ("true", "yes"), ("false", "no")]


class ToolForm(forms.Form):
    """What a tool takes, and through which connection it runs."""

    use_required_attribute = False

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        connector: Connector,
        tool: Tool,
        connections: list[Connection],
        chosen: str = "",
    ) -> None:
        """Make an input for each argument.

        Args:
            data: what was sent.
            connector: whose tool it is.
            tool: what is to be run.
            connections: through which this person may run it.
            chosen: the ID of the connection to begin with.
        """
        super().__init__(data)
        self.connector, self.tool = connector, tool
        self._connections = {str(row.pk): row for row in connections}
        if connector.needs_connection != "none":
            self.fields["connection"] = self._connection_field(chosen)
        for name, schema in tool.properties.items():
            self.fields[PREFIX + name] = input_for(name, schema, is_required=name in tool.required)
        if tool.effect == "destructive":
            self.fields["confirm"] = _confirmation()

    @property
    def has_connections(self) -> bool:
        """Whether there is a connection to run it through."""
        return bool(self._connections)

    @property
    def connection(self) -> Connection | None:
        """The connection that was chosen, if any."""
        return self._connections.get(self.cleaned_data.get("connection", ""))

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments that were given; empty ones are left out."""
        given = {name: self.cleaned_data.get(PREFIX + name) for name in self.tool.properties}
        return {name: value for name, value in given.items() if value is not None}

    def clean(self) -> dict[str, Any]:
        """Check the arguments by the tool's schema, once each input can be read."""
        super().clean()
        if not self.errors:
            try:
                checking.check(self.tool, self.arguments)
            except InvalidArguments as refused:
                self.add_error(None, refused.message)
        return self.cleaned_data

    def _connection_field(self, chosen: str) -> forms.ChoiceField:
        is_required = self.connector.needs_connection == "required"
        nothing = "Choose…" if is_required else "No connection"
        offered = [(key, str(row)) for key, row in self._connections.items()]
        return forms.ChoiceField(
            label="Connection",
            required=is_required,
            choices=[("", nothing), *offered],
            initial=chosen or (offered[0][0] if offered else ""),
            error_messages={"required": "Choose the connection to run it with."},
        )


class JsonField(forms.CharField):
    """A value written as JSON; empty is no value. `types` are those of the schema."""

    widget = forms.Textarea

    def __init__(self, *, types: list[str], **options: Any) -> None:
        """Remember whether a text may stand without quotes."""
        self._takes_text = "string" in types
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        """Read it. Raises: ValidationError."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return json.loads(text)
        except ValueError:
            if self._takes_text:
                return text
            raise forms.ValidationError("This is not JSON.") from None

    def validate(self, value: Any) -> None:
        """Want a value when it is required."""
        if self.required and value is None:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Leave the rest to the schema."""


class LinesField(forms.CharField):
    """A list of texts, one on each line."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        """Return the lines that hold something; None when none does."""
        lines = [line.strip() for line in str(value or "").splitlines() if line.strip()]
        return lines or None

    def validate(self, value: Any) -> None:
        """Want a line when it is required."""
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Leave the rest to the schema."""


def input_for(name: str, schema: Mapping[str, Any], *, is_required: bool) -> forms.Field:
    """Make the input of one property of a JSON Schema."""
    types = types_of(schema)
    label = str(schema.get("title") or name)
    options: dict[str, Any] = {
        "label": label,
        "help_text": escape(schema.get("description", "")),
        "required": is_required,
        "error_messages": {"required": f"{label} is needed."},
    }
    if "default" in schema:
        options["initial"] = _written(schema["default"])
    if "enum" in schema:
        return _choice(schema["enum"], options)
    if types == ["string"]:
        return _text(name, options)
    if len(types) == 1 and types[0] in _SIMPLE:
        return _SIMPLE[types[0]](options)
    if types == ["array"] and types_of(schema.get("items", {})) == ["string"]:
        return LinesField(**_helped(options, "One on each line."))
    return JsonField(types=types, **_helped(options, "Written as JSON."))


def types_of(schema: Any) -> list[str]:
    """List the types that a schema allows, null aside; none when it does not say."""
    kinds = schema.get("type", []) if isinstance(schema, Mapping) else []
    return [kinds] if isinstance(kinds, str) else [kind for kind in kinds if kind != "null"]


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _helped(options: dict[str, Any], sentence: str) -> dict[str, Any]:
    return options | {"help_text": " ".join(filter(None, (options["help_text"], sentence)))}


def _choice(values: list[Any], options: dict[str, Any]) -> forms.Field:
    known = {_written(value): value for value in values}
    choices = [*NOT_SET, *((text, text) for text in known)]
    return forms.TypedChoiceField(
        choices=choices, coerce=known.__getitem__, empty_value=None, **options
    )


def _whole(options: dict[str, Any]) -> forms.Field:
    return forms.IntegerField(**options)


def _number(options: dict[str, Any]) -> forms.Field:
    return forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}), **options)


def _yes_no(options: dict[str, Any]) -> forms.Field:
    return forms.TypedChoiceField(
        choices=YES_NO, coerce=lambda text: text == "true", empty_value=None, **options
    )


_SIMPLE: dict[str, Callable[[dict[str, Any]], forms.Field]] = {
    "integer": _whole,
    "number": _number,
    "boolean": _yes_no,
}


def _text(name: str, options: dict[str, Any]) -> forms.Field:
    widget = forms.Textarea() if name in LONG_NAMES else forms.TextInput()
    widget.attrs["spellcheck"] = "false"
    return forms.CharField(widget=widget, empty_value=None, strip=False, **options)


def _confirmation() -> forms.Field:
    return forms.BooleanField(
        label="Yes, run it",
        help_text="This tool can change or destroy what is at the service, and is not undone here.",
        error_messages={"required": "Confirm that you mean it: this can destroy something."},
    )
