"""Trigger: started by a person, by deliveries or by the clock."""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms

from connections.forms.arguments import types_of
from workflows.forms.steps.base import StepForm
from workflows.forms.steps.fields import Column, RowsField, ValueField
from workflows.forms.steps.lines import Setting

if TYPE_CHECKING:
    from collections.abc import Iterable

STARTS = (
    ("manual", "By a person"),
    ("webhook", "By each delivery to a webhook"),
    ("schedule", "By the clock"),
)
TYPES = (
    ("string", "Text"),
    ("number", "Number"),
    ("integer", "Whole number"),
    ("boolean", "Yes or no"),
    ("array", "List"),
    ("object", "Object"),
)
REQUIRED = (("no", "optional"), ("yes", "required"))
INPUT = "start.input"
_COLUMNS = (
    Column("name", "Name", is_value=False),
    Column("type", "Type", TYPES),
    Column("required", "Required", REQUIRED),
)
_KEYS = {
    "manual": ("start.input",),
    "webhook": ("start.connection_id", "start.waits_seconds"),
    "schedule": ("start.cron", "start.time_zone", "start.catches_up"),
}


class TriggerForm(StepForm):
    """What starts a run."""

    on_failure = False

    def build(self) -> None:
        """Ask what starts it, and what that needs."""
        self.lines.append(self.add_choice("start.type", "Started", STARTS, default="manual"))
        self.lines += [self._input(), *self._hook(), *self._clock()]
        for setting in self.lines[1:]:
            self._only_for(setting)

    @property
    def settings(self) -> dict[str, Any]:
        """The whole start: what belongs to another way of starting is left out."""
        if not self.has_changed() or set(self.changed_data) == {"name"}:
            return copy.deepcopy(self.given)
        kind = self.cleaned_data["start.type"] or "manual"
        before = self.given.get("start")
        start = dict(before) if isinstance(before, dict) and before.get("type") == kind else {}
        start["type"] = kind
        changed = {setting.key: setting for setting in self._changed(self.lines)}
        for key in _KEYS[kind]:
            name = key.removeprefix("start.")
            if key in changed:
                start[name] = self.read(changed[key])
            if start.get(name) is None:
                start.pop(name, None)
        return {**self.given, "start": start}

    def read(self, setting: Setting) -> Any:
        """Read the fields of the input as a JSON Schema."""
        if setting.key == INPUT and not self.cleaned_data.get(f"mode:{INPUT}"):
            rows = self.cleaned_data.get(INPUT) or []
            return schema_of(rows) if rows else None
        return super().read(setting)

    def _input(self) -> Setting:
        schema = self.stored(INPUT) or None
        made = RowsField(_COLUMNS, label="Input", help_text="What whoever starts it fills in.")
        rows = rows_of(schema)
        self.fields[INPUT] = made
        if rows is not None:
            self.initial[INPUT] = rows
        setting = Setting(INPUT, "Input", self[INPUT], help=str(made.help_text), takes_names=False)
        self._add_code(setting, schema, is_chosen=rows is None)
        assert setting.code is not None
        assert isinstance(setting.code.field, ValueField)
        setting.code.field.label = "Input, as a JSON Schema"
        return setting

    def _hook(self) -> Iterable[Setting]:
        hooks = [("", "Choose…"), *((offer.value, offer.label) for offer in self.choices.hooks)]
        yield self.add_choice(
            "start.connection_id", "Webhook connection", hooks, gone="a connection that is not here"
        )
        yield self.add_number(
            "start.waits_seconds",
            "Seconds the sender waits for the Response",
            least=0,
            most=30,
            default=0,
            help="0 answers at once, with the ID of the run.",
        )

    def _clock(self) -> Iterable[Setting]:
        sentence = "Minute, hour, day, month, weekday: 0 8 * * 1-5 is 8:00 from Monday to Friday."
        cron = self.add_text("start.cron", "Times", help=sentence, takes_names=False)
        assert cron.bound is not None
        cron.bound.field.widget.attrs |= {"class": "input-code", "placeholder": "0 8 * * 1-5"}
        yield cron
        zones = [(name, name.replace("_", " ")) for name in _zones()]
        yield self.add_choice("start.time_zone", "Time zone", zones, default="UTC")
        made = forms.BooleanField(
            label="Catch up",
            required=False,
            help_text="Make good once for moments that were missed.",
        )
        self.fields["start.catches_up"] = made
        self.initial["start.catches_up"] = self.stored("start.catches_up") is True
        bound = self["start.catches_up"]
        yield Setting(bound.name, "Catch up", bound, help=str(made.help_text), takes_names=False)

    def _only_for(self, setting: Setting) -> None:
        kind = next(kind for kind, keys in _KEYS.items() if setting.key in keys)
        setting.when = {"start.type": [kind]}


def schema_of(rows: list[tuple[str, ...]]) -> dict[str, Any]:
    """Make a JSON Schema of rows of name, type and whether it is required.

    Raises:
        ValidationError: a name is missing, or there twice.
    """
    names = [name.strip() for name, _, _ in rows]
    for name in names:
        if not name:
            raise forms.ValidationError("A field has no name.")
        if names.count(name) > 1:
            raise forms.ValidationError(f"{name} is there twice.")
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name.strip(): {"type": kind} for name, kind, _ in rows},
    }
    required = [name.strip() for name, _, is_required in rows if is_required == "yes"]
    return schema | ({"required": required} if required else {})


def rows_of(schema: Any) -> list[tuple[str, ...]] | None:
    """Give the rows that make this schema; None when none do."""
    if not schema:
        return []
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        return None
    required = schema.get("required", [])
    rows: list[tuple[str, ...]] = [
        (name, (types_of(inner) or [""])[0], "yes" if name in required else "no")
        for name, inner in schema["properties"].items()
    ]
    try:
        return rows if schema_of(rows) == schema else None
    except forms.ValidationError:
        return None


@lru_cache(maxsize=1)
def _zones() -> list[str]:
    """List the zones that people know by a place, UTC first."""
    named = {name for name in available_timezones() if "/" in name and not name.startswith("Etc/")}
    return ["UTC", *sorted(named)]
