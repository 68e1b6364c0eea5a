"""The form with a workflow's name."""

from __future__ import annotations

from django import forms

from workflows import lifecycle


class NameForm(forms.Form):
    """What a workflow is called."""

    name = forms.CharField(
        label="Name",
        help_text="What it does, in a few words: “Tell sales about big orders”.",
        max_length=lifecycle.LONGEST_NAME,
        error_messages={"required": "Give the workflow a name."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
