"""What a trial run is given: inputs made from the trigger's schema, or data written as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from connections.forms.arguments import JsonField, input_for

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "input-"


class TrialForm(forms.Form):
    """Data of a trial run."""

    use_required_attribute = False

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, schema: Mapping[str, Any] | None
    ) -> None:
        """Make an input for each property.

        Args:
            data: what was sent.
            schema: the JSON Schema of a manual trigger's input; None for other triggers, whose
                data is written as JSON. Left empty, that is what came last.
        """
        super().__init__(data)
        found = schema.get("properties") if schema else None
        self._schema = schema
        self._names = list(found) if isinstance(found, dict) else []
        required = (schema or {}).get("required") or []
        for name in self._names:
            is_required = isinstance(required, list) and name in required
            field = input_for(name, found[name], is_required=is_required)  # type: ignore[index]
            self.fields[PREFIX + name] = field
        if schema is None:
            self.fields["data"] = JsonField(types=[], **_DATA)

    @property
    def given(self) -> Any:
        """The data; None when none was given where some came earlier."""
        if self._schema is None:
            return self.cleaned_data.get("data")
        given = {name: self.cleaned_data.get(PREFIX + name) for name in self._names}
        return {name: value for name, value in given.items() if value is not None}


_DATA: dict[str, Any] = {
    "label": "Data of the trigger",
    "required": False,
    "help_text": "Written as JSON. Left empty: what is pinned to the trigger, or came last.",
}
