"""The forms of an import: the document, then a name and the connections that it needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.core import signing

from spojit.lib import storable
from workflows.forms.naming import NameForm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflows.transfer import Needed

LARGEST_BYTES = 2_000_000
LARGEST_CARRIED = 900_000
"""What a form may carry, below `DATA_UPLOAD_MAX_MEMORY_SIZE`."""
SALT = "workflows.import"
CARRIED_SECONDS = 24 * 3600


class DocumentForm(forms.Form):
    """A file, or its text. What was sent stands in the text again when it will not do."""

    file = forms.FileField(
        label="File",
        required=False,
        allow_empty_file=True,
        help_text="What “Export” of a workflow gave you, from here or from another workspace.",
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
    )
    text = forms.CharField(
        label="Or its text",
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 12, "class": "input-code", "spellcheck": "false", "autocomplete": "off"}
        ),
    )

    document: Any = None

    def clean(self) -> dict[str, Any]:
        """Read the document out of the file, else out of the text."""
        super().clean()
        text = self._sent()
        if not text.strip():
            raise forms.ValidationError("Choose a file, or paste its text.")
        try:
            self.document = storable.value(json.loads(text))
        except json.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            self.add_error("text", f"This is no JSON: {error.msg} at {where}.")
        except (RecursionError, ValueError):
            self.add_error("text", "This is no JSON that can be read.")
        if self.document is not None and len(carried(self.document)) > LARGEST_CARRIED:
            self.add_error("text", "This is too large to be imported here.")
        return self.cleaned_data

    def _sent(self) -> str:
        file = self.cleaned_data.get("file")
        if not file:
            return str(self.cleaned_data.get("text") or "")
        if file.size > LARGEST_BYTES:
            raise forms.ValidationError("A file has at most 2 MB.")
        try:
            text = str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError("This file is no text.") from None
        self.data = {**self.data.dict(), "text": text}  # type: ignore[attr-defined]
        return text


class BindingForm(NameForm):
    """A name for what is imported, and a choice for each connection that it needs."""

    def __init__(self, *args: Any, needed: Sequence[Needed], **kwargs: Any) -> None:
        """Offer what fits; what was found is chosen, until somebody chooses otherwise."""
        super().__init__(*args, **kwargs)
        self.needed = needed
        for place, one in enumerate(needed):
            self.fields[f"connection_{place}"] = forms.TypedChoiceField(
                label=one.name,
                required=False,
                choices=[("", "Leave open"), *((str(row.pk), row.name) for row in one.fitting)],
                initial=str(one.found.pk) if one.found else "",
            )

    @property
    def bindings(self) -> dict[str, Any]:
        """Give the chosen connection, or None, by the ID in the document."""
        return {
            one.id: next(
                (
                    row.pk
                    for row in one.fitting
                    if str(row.pk) == self.cleaned_data[f"connection_{place}"]
                ),
                None,
            )
            for place, one in enumerate(self.needed)
        }


def carried(document: Any) -> str:
    """Write a document so that a form can carry it, and nobody change it on the way."""
    return signing.dumps(document, salt=SALT, compress=True)


def brought(text: str) -> Any:
    """Read what `carried` wrote. Raises: signing.BadSignature."""
    return signing.loads(text, salt=SALT, max_age=CARRIED_SECONDS)
