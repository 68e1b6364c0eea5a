"""The forms of a workflow's settings, each of which is sent alone."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django import forms

from workflows import lifecycle, tuning

if TYPE_CHECKING:
    from workflows.models import Workflow


class TagsForm(forms.Form):
    """Tags, with commas between them."""

    tags = forms.CharField(
        label="Tags",
        required=False,
        max_length=lifecycle.MOST_TAGS * (lifecycle.LONGEST_TAG + 2),
        help_text="Commas between them. The list of workflows can be narrowed to one.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_tags(self) -> list[str]:
        """Take them apart."""
        return [tag for tag in str(self.cleaned_data["tags"]).split(",") if tag.strip()]


class RunsForm(forms.Form):
    """How runs are conducted."""

    error_workflow = forms.TypedChoiceField(
        label="When a run fails, start",
        required=False,
        coerce=uuid.UUID,
        empty_value=None,
        help_text="It is told which run failed, where, and why. Enabled ones are listed.",
    )
    most_at_once = forms.IntegerField(
        label="Runs at once, at most",
        min_value=0,
        max_value=tuning.MOST_AT_ONCE,
        help_text="Others wait for their turn. 0 sets no limit.",
    )
    hold_hours = forms.IntegerField(
        label="Wait for a broken connection",
        min_value=1,
        max_value=tuning.LONGEST_HOLD_HOURS,
        help_text="In hours. A run goes on when the connection works again; after that it fails.",
    )

    def __init__(self, *args: Any, workflow: Workflow, **kwargs: Any) -> None:
        """Offer what may be started, and what is set already."""
        before = {
            "error_workflow": str(workflow.error_workflow_id or ""),
            "most_at_once": workflow.most_at_once,
            "hold_hours": workflow.hold_hours,
        }
        super().__init__(*args, **{"initial": before, **kwargs})
        self.fields["error_workflow"].choices = _choices(workflow)  # type: ignore[attr-defined]


class StableKeyForm(forms.Form):
    """The key by which files find the workflow again."""

    stable_key = forms.RegexField(
        tuning.STABLE_KEY,
        label="Stable key",
        max_length=120,
        help_text="Exported files carry it. It tells this workflow from others, whatever its name.",
        error_messages={"invalid": tuning.BadStableKey.message},
        widget=forms.TextInput(
            attrs={"class": "input-code", "autocomplete": "off", "spellcheck": "false"}
        ),
    )


def _choices(workflow: Workflow) -> list[tuple[str, str]]:
    found = {str(row.pk): row.name for row in tuning.candidates(workflow)}
    chosen = workflow.error_workflow
    if chosen is not None and chosen.removed_at is None and str(chosen.pk) not in found:
        found[str(chosen.pk)] = f"{chosen.name} (disabled)"
    return [("", "Nothing"), *found.items()]
