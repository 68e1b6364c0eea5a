"""What the panel shows of one setting: its input, what stands beside it, where it is stored."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms

from workflows.forms.steps.fields import RowsField

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.forms import BoundField

    from workflows.definition.problems import Problem
    from workflows.forms.steps.fields import Column


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to choose: what is stored, and what it is called."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What the forms of this workspace choose from."""

    hooks: tuple[Offer, ...] = ()
    members: tuple[Offer, ...] = ()
    addresses: tuple[Offer, ...] = ()
    workflows: tuple[Offer, ...] = ()


@dataclass(slots=True)
class Setting:
    """One input with all that stands beside it; `key` is the place in the node's settings.

    Attributes:
        bound: the input; None for a group, whose inputs are `parts`.
        code: the input for JSON or an expression, which counts while `mode` is checked.
        unit: what the number counts.
        is_stored: it is a setting; else it only decides which others are shown.
        when: it is shown while each of these other inputs has one of these values.
        sample: what the last run had where the text is one name and nothing else.
    """

    key: str
    label: str
    bound: BoundField | None = None
    code: BoundField | None = None
    mode: BoundField | None = None
    unit: BoundField | None = None
    parts: list[Setting] = field(default_factory=list)
    help: str = ""
    is_required: bool = False
    is_stored: bool = True
    takes_names: bool = True
    when: dict[str, list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    sample: str = ""

    @property
    def dom_id(self) -> str:
        """A name for the page: letters, digits and hyphens only."""
        return "part-" + re.sub(r"[^a-zA-Z0-9]+", "-", self.key)

    @property
    def described(self) -> str:
        """The IDs of what tells about the input: its help, and what is wrong."""
        told = [f"{self.dom_id}-help"] if self.help else []
        return " ".join([*told, f"{self.dom_id}-wrong"] if self.is_wrong else told)

    @property
    def kind(self) -> str:
        """How it is drawn: as a group, a table, checks, one check, a time, or an input."""
        if self.bound is None:
            return "group"
        made = self.bound.field
        if isinstance(made, RowsField):
            return "table"
        if isinstance(made, forms.MultipleChoiceField):
            return "checks"
        if isinstance(made, forms.BooleanField):
            return "check"
        return "time" if self.unit is not None else "input"

    @property
    def when_json(self) -> str:
        """When it is shown, for the page; empty for always."""
        return json.dumps(self.when) if self.when else ""

    @property
    def rows(self) -> list[list[dict[str, Any]]]:
        """The rows of a table, and an empty one."""
        assert self.bound is not None
        columns = self.bound.field.columns  # type: ignore[attr-defined]
        found = [*(self.bound.value() or []), ("",) * len(columns)]
        return [_cells(self, columns, row) for row in found]

    @property
    def is_table(self) -> bool:
        """Whether it is a table that grows."""
        return self.bound is not None and isinstance(self.bound.field, RowsField)

    @property
    def errors(self) -> list[str]:
        """What could not be read."""
        bounds = (self.bound, self.code, self.unit)
        return [str(error) for bound in bounds if bound for error in bound.errors]

    @property
    def is_wrong(self) -> bool:
        """Whether something is to be mended here."""
        return bool(self.errors or self.problems)

    @property
    def is_wrong_inside(self) -> bool:
        """Whether something is to be mended here or in one of its parts."""
        return self.is_wrong or any(part.is_wrong_inside for part in self.parts)


def _cells(
    setting: Setting, columns: tuple[Column, ...], row: tuple[str, ...]
) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{setting.key}.{column.key}",
            "label": column.label,
            "value": value or (column.choices[0][0] if column.choices else ""),
            "choices": column.choices,
            "is_value": column.is_value,
        }
        for column, value in zip(columns, row, strict=True)
    ]


def put(settings: dict[str, Any], key: str, value: Any) -> None:
    """Store a value at a place; None takes it out, and what is empty then with it."""
    *outer, last = key.split(".")
    places = [settings]
    for name in outer:
        inner = places[-1].get(name)
        inner = inner if isinstance(inner, dict) else {}
        places[-1][name] = inner
        places.append(inner)
    if value is None:
        places[-1].pop(last, None)
    else:
        places[-1][last] = value
    for number in reversed(range(1, len(outer))):
        if places[number].get(outer[number]) == {}:
            del places[number][outer[number]]


def place(known: Mapping[str, Setting], problem: Problem) -> bool:
    """Put a problem beside the input of its place, or of what is around it; say whether one is."""
    key = problem.field
    while key:
        if key in known:
            known[key].problems.append(problem)
            return True
        key = re.sub(r"(^|\.|\[)[^.\[]*$", "", key)
    return False


def every(settings: Iterable[Setting]) -> Iterable[Setting]:
    """Give the settings, and those in groups."""
    for setting in settings:
        yield setting
        yield from every(setting.parts)
