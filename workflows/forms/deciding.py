"""The form that decides an approval: a button for each decision, and a note."""

from __future__ import annotations

from django import forms

from workflows.approvals import LONGEST_NOTE
from workflows.models import Decision

CHOICES = (Decision.APPROVED, Decision.REJECTED)


class DecisionForm(forms.Form):
    """Approved or rejected, and why; the button that was pressed is the decision."""

    decision = forms.ChoiceField(
        choices=[(one.value, one.label) for one in CHOICES],
        error_messages={"required": "Approve it, or reject it."},
        widget=forms.HiddenInput,
    )
    note = forms.CharField(
        label="Note",
        help_text="The run gets it, and everybody who looks at this later.",
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
