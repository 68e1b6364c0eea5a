"""The form of one step: it shows the settings that are stored and reads them back.

What nobody touched keeps its value, whatever that is. Nothing is required: what is missing is a
problem of the draft, told beside its input. Only what cannot be read is refused.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from workflows.definition.reading import LONGEST_NAME
from workflows.forms.steps import fields
from workflows.forms.steps.fields import LongSelect, RowsField, TextField, ValueField
from workflows.forms.steps.lines import Choices, Setting, every, place, put

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workflows.definition.graph import Node
    from workflows.definition.problems import Problem

ON_FAILURE = (
    ("stop", "Stop the run"),
    ("continue", "Go on with the next step"),
    ("branch", "Go on at the output “error”"),
)
MOST_BY_TEMPLATE = 40
UNITS = (("1", "seconds"), ("60", "minutes"), ("3600", "hours"), ("86400", "days"))
_SIMPLE_PATH = re.compile(r"\{\{-?\s*([a-z_][\w.\[\]]*)\s*-?\}\}")


class StepForm(forms.Form):
    """The name of a step and its settings. `lines` are shown at once, `extras` behind a fold."""

    use_required_attribute = False
    on_failure: ClassVar[bool] = True
    has_output: ClassVar[bool] = False

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, node: Node, choices: Choices | None = None
    ) -> None:
        """Show a node's settings, and read what was sent."""
        super().__init__(data, auto_id="set-%s")
        self.node, self.choices = node, choices or Choices()
        self.given: dict[str, Any] = copy.deepcopy(dict(node.given))
        self.lines: list[Setting] = []
        self.extras: list[Setting] = []
        self.fields["name"] = forms.CharField(
            label="Name", required=False, max_length=LONGEST_NAME, initial=node.name
        )
        self.build()
        self._build_extras()

    def build(self) -> None:
        """Put the inputs of this kind into `lines`."""

    @property
    def step_name(self) -> str:
        """The name that was typed, on one line."""
        return " ".join(self.cleaned_data["name"].split()) or self.node.id

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as they were, with what was changed."""
        found = copy.deepcopy(self.given)
        for setting in self._changed(self.lines + self.extras):
            put(found, setting.key, self.read(setting))
        return found

    def stored(self, key: str, default: Any = None) -> Any:
        """Look up what is stored at a place of the settings, else the default of the kind."""
        found: Any = self.given
        for name in key.split("."):
            if not isinstance(found, dict) or name not in found:
                return default
            found = found[name]
        return found

    def add(
        self,
        key: str,
        made: forms.Field,
        *,
        default: Any = None,
        code: bool = False,
        **more: Any,
    ) -> Setting:
        """Make an input that shows what is stored; with `code` it can be JSON or an expression."""
        value = self.stored(key, default)
        has_value = value is not None and value != ""
        is_shown = not has_value or fields.fits(made, value)
        self.fields[key] = made
        if has_value and is_shown:
            self.initial[key] = fields.shown(made, value)
        setting = Setting(key, str(made.label or key), self[key], help=str(made.help_text), **more)
        if code or not is_shown:
            self._add_code(setting, value if has_value else None, is_chosen=not is_shown)
        return setting

    def add_group(self, key: str, label: str, **more: Any) -> Setting:
        """Make a group, which can be JSON or an expression as a whole."""
        value = self.stored(key)
        setting = Setting(key, label, **more)
        is_object = value is None or isinstance(value, dict)
        self._add_code(setting, value, is_chosen=not is_object)
        return setting

    def add_text(self, key: str, label: str, *, rows: int = 0, **more: Any) -> Setting:
        """Make an input for a text with expressions."""
        sentence = more.pop("help", "")
        return self.add(key, TextField(label=label, help_text=sentence, rows=rows), **more)

    def add_value(self, key: str, label: str, *, rows: int = 0, **more: Any) -> Setting:
        """Make an input for any value."""
        sentence = more.pop("help", "")
        return self.add(key, ValueField(label=label, help_text=sentence, rows=rows), **more)

    def add_number(self, key: str, label: str, *, least: int, most: int, **more: Any) -> Setting:
        """Make an input for a whole number."""
        attributes = {"min": least, "max": most, "inputmode": "numeric"}
        made = forms.IntegerField(
            label=label,
            required=False,
            help_text=more.pop("help", ""),
            widget=forms.NumberInput(attrs=attributes),
        )
        return self.add(key, made, takes_names=False, **more)

    def add_choice(
        self, key: str, label: str, choices: Iterable[tuple[str, str]], **more: Any
    ) -> Setting:
        """Make a select; what is stored and is no choice any more stays one."""
        known = list(choices)
        value = self.stored(key)
        if isinstance(value, str) and value and value not in dict(known):
            known.append((value, more.pop("gone", f"{value} (unknown)")))
        more.pop("gone", None)
        sentence = more.pop("help", "")
        is_long = len(known) > MOST_BY_TEMPLATE
        made = forms.TypedChoiceField(
            label=label,
            choices=known,
            required=False,
            help_text=sentence,
            empty_value=None,
            widget=LongSelect if is_long else forms.Select,
        )
        return self.add(key, made, takes_names=False, **more)

    def add_time(self, key: str, label: str, *, default: int = 0, **more: Any) -> Setting:
        """Make an input for a number of seconds, told in the largest unit that fits."""
        value = self.stored(key, default)
        seconds = value if isinstance(value, int) else 0
        unit = next(u for u, _ in reversed(UNITS) if seconds % int(u) == 0 or u == "1")
        made = forms.IntegerField(
            label=label, required=False, min_value=0, help_text=more.pop("help", "")
        )
        self.fields[key] = made
        self.fields[f"unit:{key}"] = forms.ChoiceField(choices=UNITS, required=False)
        self.initial.update(
            {
                key: seconds // int(unit) or None,
                f"unit:{key}": unit if seconds else "60",
            }
        )
        return Setting(
            key,
            label,
            bound=self[key],
            unit=self[f"unit:{key}"],
            takes_names=False,
            help=str(made.help_text),
            **more,
        )

    def read(self, setting: Setting) -> Any:
        """Return what was typed; None for nothing."""
        found = self.cleaned_data
        if setting.mode is not None and found.get(setting.mode.name):
            return found.get(f"code:{setting.key}")
        if setting.unit is not None:
            amount = found.get(setting.key)
            return None if amount is None else amount * int(found[setting.unit.name] or 1)
        if setting.bound is not None and isinstance(setting.bound.field, RowsField):
            rows = found.get(setting.key) or []
            return fields.named(setting.bound.field, rows) if rows else None
        return found.get(setting.key)

    def clean(self) -> dict[str, Any]:
        """Refuse rows that make no object."""
        super().clean()
        for setting in every(self.lines + self.extras):
            if setting.is_table and setting.key not in self.errors:
                try:
                    self.read(setting)
                except forms.ValidationError as error:
                    self.add_error(setting.key, error)
        return self.cleaned_data

    def tell(self, problems: Iterable[Problem]) -> list[Problem]:
        """Put each problem beside its input; give those that have none."""
        known = {setting.key: setting for setting in every(self.lines + self.extras)}
        return [one for one in problems if not place(known, one)]

    def sample(self, values: Mapping[str, str]) -> None:
        """Say beside each text that is one name what the last run had there."""
        for setting in every(self.lines + self.extras):
            is_code = setting.mode is not None and bool(setting.mode.value())
            bound = setting.code if is_code else setting.bound
            text = bound.value() if bound is not None else None
            found = _SIMPLE_PATH.fullmatch(text.strip()) if isinstance(text, str) else None
            if found and (is_code or setting.takes_names):
                setting.sample = values.get(found[1], "")

    @property
    def is_extra_wrong(self) -> bool:
        """Whether something behind the fold is to be mended."""
        return any(setting.is_wrong_inside for setting in self.extras)

    def _build_extras(self) -> None:
        if self.has_output:
            sentence = "Later steps find under this name what this one gave."
            output = self.add_text("output", "Output name", help=sentence, takes_names=False)
            assert output.bound is not None
            output.bound.field.widget.attrs["placeholder"] = self.node.id
            self.extras.append(output)
        if self.on_failure:
            self.extras.append(
                self.add_choice("on_failure", "When it fails", ON_FAILURE, default="stop")
            )

    def _add_code(self, setting: Setting, value: Any, *, is_chosen: bool) -> None:
        code, mode = f"code:{setting.key}", f"mode:{setting.key}"
        self.fields[code] = ValueField(label=f"{setting.label}, as an expression or JSON", rows=2)
        self.fields[mode] = forms.BooleanField(required=False, label="Expression")
        if is_chosen:
            self.initial.update({code: fields.shown(self.fields[code], value), mode: True})
        setting.code, setting.mode = self[code], self[mode]

    def _changed(self, settings: list[Setting]) -> Iterable[Setting]:
        for setting in filter(lambda one: one.is_stored, settings):
            bounds = (setting.bound, setting.unit, setting.mode, setting.code)
            names = {bound.name for bound in bounds if bound is not None}
            is_code = setting.mode is not None and self.cleaned_data.get(setting.mode.name)
            is_changed = not names.isdisjoint(self.changed_data)
            if is_code or not setting.parts:
                if is_changed:
                    yield setting
                continue
            if is_changed:  # it was an expression, and is a group again
                yield setting
            yield from self._changed(setting.parts)
