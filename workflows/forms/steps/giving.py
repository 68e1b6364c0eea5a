"""Transform, response, sub-workflow and e-mail: steps that make something and hand it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from workflows.forms.steps.base import StepForm
from workflows.forms.steps.fields import Column, ListField, RowsField
from workflows.forms.steps.lines import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

PAIR = (Column("name", "Name", is_value=False), Column("value", "Value"))
HEADER = (Column("name", "Header", is_value=False), Column("value", "Value", is_value=False))
MORE = "more:to"


class TransformForm(StepForm):
    """An object, one row a name."""

    has_output = True

    def build(self) -> None:
        """Ask for rows, or for the whole as JSON."""
        sentence = "Each name gets a value: a text, a number, or {{ an expression }}."
        made = RowsField(PAIR, label="Values", help_text=sentence)
        self.lines.append(self.add("values", made, code=True))


class ResponseForm(StepForm):
    """What the run gives back."""

    on_failure = False

    def build(self) -> None:
        """Ask for status, body and headers."""
        self.lines += [
            self.add_number("status", "Status", least=200, most=599, default=200),
            self.add_value("body", "Body", rows=6, help="JSON, a text, or {{ an expression }}."),
            self.add("headers", RowsField(HEADER, label="Headers"), code=True),
        ]


class SubWorkflowForm(StepForm):
    """Which workflow, and what it gets."""

    has_output = True

    def build(self) -> None:
        """Ask for both."""
        known = [("", "Choose…"), *((offer.value, offer.label) for offer in self.choices.workflows)]
        self.lines += [
            self.add_choice(
                "workflow_id",
                "Workflow",
                known,
                gone="a workflow that is not here",
                is_required=True,
            ),
            self.add_value(
                "data",
                "Data",
                rows=5,
                help="Its trigger brings this: JSON, or {{ an expression }}.",
            ),
        ]


class EmailForm(StepForm):
    """To whom, and what."""

    def build(self) -> None:
        """Ask for members, subject and body."""
        self.lines += [
            *self._to(),
            self.add_text("subject", "Subject", is_required=True),
            self.add_text(
                "body", "Text", rows=8, help="Plain text; names of earlier steps may stand in it."
            ),
        ]

    @property
    def recipients(self) -> list[str]:
        """Who gets it: those who were checked, then those who were typed."""
        return [*self.cleaned_data["to"], *(self.cleaned_data[MORE] or [])]

    def read(self, setting: Setting) -> Any:
        """Read both lists as one."""
        if setting.key in {"to", MORE}:
            return self.recipients or None
        return super().read(setting)

    @property
    def settings(self) -> dict[str, Any]:
        """Store the two lists as one."""
        found = super().settings
        both = found.pop(MORE, None)
        if MORE in self.changed_data:
            found.pop("to", None)
            found |= {"to": both} if both else {}
        return found

    def _to(self) -> tuple[Setting, Setting]:
        offers = [(offer.value, offer.label) for offer in self.choices.addresses]
        stored = self.stored("to") or []
        stored = [one for one in stored if isinstance(one, str)] if isinstance(stored, list) else []
        made = forms.MultipleChoiceField(
            label="To", choices=offers, required=False, widget=forms.CheckboxSelectMultiple
        )
        self.fields |= {"to": made, MORE: _further()}
        known: Mapping[str, str] = dict(offers)
        self.initial["to"] = [one for one in stored if one in known]
        self.initial[MORE] = "\n".join(one for one in stored if one not in known)
        to = Setting("to", "To", self["to"], is_required=True, takes_names=False)
        more = Setting(MORE, "Further members", self[MORE], help=str(self.fields[MORE].help_text))
        return to, more


def _further() -> ListField:
    sentence = "Addresses of members, or expressions that give them; one on each line."
    attributes = {"rows": 2, "spellcheck": "false"}
    widget = forms.Textarea(attrs=attributes)
    return ListField(label="Further members", required=False, help_text=sentence, widget=widget)
