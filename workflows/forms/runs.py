"""What the list of runs is narrowed to."""

from __future__ import annotations

from typing import Any

from django import forms

from workflows.models import RunStatus


class RunFilter(forms.Form):
    """Days are the workspace's own; what is not understood is left out."""

    status = forms.ChoiceField(choices=RunStatus.choices, required=False)
    workflow = forms.UUIDField(required=False)
    connection = forms.UUIDField(required=False)
    to = forms.DateField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add `from`, a word that Python keeps for itself."""
        super().__init__(*args, **kwargs)
        self.fields["from"] = forms.DateField(required=False)
