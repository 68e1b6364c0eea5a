"""Condition, and human approval: steps that go on in one of two ways."""

from __future__ import annotations

import copy
from typing import Any

from django import forms

from workflows.definition import settings as kinds
from workflows.forms.steps import codec
from workflows.forms.steps.base import StepForm
from workflows.forms.steps.fields import Column, RowsField
from workflows.forms.steps.lines import Setting

OPERATORS = (
    ("equals", "is"),
    ("differs", "is not"),
    ("greater", "is greater than"),
    ("less", "is less than"),
    ("contains", "contains"),
    ("begins_with", "begins with"),
    ("ends_with", "ends with"),
    ("is_empty", "is empty"),
    ("is_not_empty", "is not empty"),
    ("is_true", "is true"),
    ("is_false", "is false"),
)
BY = (("comparisons", "Comparisons"), ("expression", "An expression"))
MATCH = (("all", "All of them hold"), ("any", "Any of them holds"))
ROWS = "comparisons"
_COLUMNS = (
    Column("value", "Value"),
    Column("operator", "is compared", OPERATORS),
    Column("with", "With"),
)


class ConditionForm(StepForm):
    """By comparisons, or by an expression; only the way that is chosen is kept."""

    on_failure = False

    def build(self) -> None:
        """Ask for either."""
        is_expression = bool(self.given.get("expression"))
        self.fields["by"] = forms.ChoiceField(choices=BY, required=False, label="Decide by")
        self.initial["by"] = "expression" if is_expression else "comparisons"
        by = Setting("by", "Decide by", self["by"], is_stored=False, takes_names=False)
        match = self.add_choice("match", "Yes, when", MATCH, default="all")
        expression = self.add_text(
            "expression", "Expression", rows=3, help="As {{ order.total > 100 }}."
        )
        match.when = {"by": ["comparisons"]}
        rows = self._rows()
        rows.when = match.when
        expression.when = {"by": ["expression"]}
        self.lines += [by, match, rows, expression]

    @property
    def settings(self) -> dict[str, Any]:
        """Keep what belongs to the way that was chosen."""
        if not set(self.changed_data) - {"name"}:
            return copy.deepcopy(self.given)
        found = super().settings
        is_expression = self.cleaned_data["by"] == "expression"
        for key in ("comparisons", "match") if is_expression else ("expression",):
            found.pop(key, None)
        return found

    def read(self, setting: Setting) -> Any:
        """Read the rows as comparisons."""
        if setting.key != ROWS or self.cleaned_data.get(f"mode:{ROWS}"):
            return super().read(setting)
        rows = self.cleaned_data.get(ROWS) or []
        return [_comparison(*row) for row in rows] or None

    def _rows(self) -> Setting:
        made = RowsField(_COLUMNS, label="Comparisons")
        given = self.stored(ROWS) or []
        rows = comparison_rows(given)
        self.fields[ROWS] = made
        if rows is not None:
            self.initial[ROWS] = rows
        setting = Setting(ROWS, "Comparisons", self[ROWS])
        if rows is None:
            self._add_code(setting, given, is_chosen=True)
        return setting


class ApprovalForm(StepForm):
    """What is asked, whom, and until when."""

    on_failure = False
    has_output = True

    def build(self) -> None:
        """Ask for all of it."""
        self.lines.append(
            self.add_text(
                "message",
                "What is to be approved",
                rows=4,
                help="Names of earlier steps may stand in it.",
            )
        )
        known = [(offer.value, offer.label) for offer in self.choices.members]
        stored = [str(one) for one in self.stored("approvers") or [] if isinstance(one, str)]
        known += [(one, "a former member") for one in stored if one not in dict(known)]
        made = forms.MultipleChoiceField(
            label="Who may decide",
            choices=known,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text="One of them is enough. With none, the admins are asked.",
        )
        self.lines.append(self.add("approvers", made, takes_names=False))
        usual = kinds.Approval.model_fields["deadline_seconds"].default
        sentence = "What nobody decided by then is rejected."
        self.lines.append(
            self.add_time("deadline_seconds", "Deadline", default=usual, help=sentence)
        )


def comparison_rows(given: Any) -> list[tuple[str, ...]] | None:
    """Give the rows that make these comparisons; None when none do."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        return None
    rows: list[tuple[str, ...]] = [
        (
            codec.show(one.get("value")),
            str(one.get("operator", "equals")),
            codec.show(one.get("with")),
        )
        for one in given
    ]
    is_plain = all("\n" not in cell for row in rows for cell in row)
    is_known = all(row[1] in dict(OPERATORS) and (row[0] or row[2]) for row in rows)
    return rows if is_plain and is_known else None


def _comparison(value: str, operator: str, other: str) -> dict[str, Any]:
    try:
        found = {"value": codec.read(value), "operator": operator, "with": codec.read(other)}
    except codec.NotJson:
        raise forms.ValidationError("One of the values begins as JSON does, and is none.") from None
    if operator not in dict(OPERATORS):
        raise forms.ValidationError("There is no such comparison.")
    return {key: one for key, one in found.items() if one is not None}
