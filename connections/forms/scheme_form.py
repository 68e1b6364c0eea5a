"""The part that adding and rotating share: inputs of a scheme, checked by the connector's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from connections.forms import inputs
from connections.forms.inputs import PREFIX
from connections.forms.lines import Line, Stored
from connections.inbound.secrets import FIELD as SECRET
from connectors import fields
from connectors.fields import InvalidValues

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from connectors.manifest import Connector, Field, Scheme

TYPE_AGAIN = "Type it again: a secret is never sent back to the page."


class SchemeForm(forms.Form):
    """Inputs of one scheme. `values` is what was typed, and `notes` what hygiene will change.

    `checked` is what it makes of them, without the secrets that are kept.
    """

    use_required_attribute = False

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        connector: Connector,
        scheme: Scheme,
        shown: Mapping[str, str] | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        """Make the inputs; `shown` are values that are no secret, by field."""
        self.connector, self.scheme = connector, scheme
        self.notes: dict[str, str] = {}
        self.checked: dict[str, str] = {}
        started = {PREFIX + field.key: field.default for field in scheme.fields}
        started |= {PREFIX + key: value for key, value in (shown or {}).items()}
        super().__init__(data, initial=started | (initial or {}))
        for field in self.asked:
            self.fields[PREFIX + field.key] = inputs.make(field, scheme)

    @property
    def asked(self) -> list[Field]:
        """The fields that a person fills in: all but a secret that is always of our making."""
        webhook = self.scheme.webhook
        is_ours = webhook is not None and webhook.secret == "ours"  # noqa: S105 - who makes it
        return [field for field in self.scheme.fields if not (is_ours and field.key == SECRET)]

    @property
    def kept(self) -> Collection[str]:
        """The secret fields whose stored value stays."""
        return ()

    @property
    def values(self) -> dict[str, str]:
        """What was typed, by field of the scheme."""
        return {field.key: self._typed(field) for field in self.scheme.fields}

    @property
    def lines(self) -> list[Line]:
        """Each input of the scheme with what stands beside it."""
        return [self._line(field) for field in self.asked]

    def clean(self) -> dict[str, Any]:
        """Check every value by the connector's rules."""
        super().clean()
        try:
            cleaned = fields.clean(self.connector, self.scheme, self.values, kept=self.kept)
            self.notes, self.checked = cleaned.notes, cleaned.values
        except InvalidValues as refused:
            self.refuse(refused)
        return self.cleaned_data

    def refuse(self, refused: InvalidValues) -> None:
        """Put each sentence under its input."""
        for key, sentence in refused.errors.items():
            name = PREFIX + key
            self.add_error(name if name in self.fields else None, sentence)

    def described_notes(self) -> list[str]:
        """Say what was changed in the values, one sentence a field."""
        labels = {field.key: field.label for field in self.scheme.fields}
        return [f"{labels[key]}: {note}" for key, note in self.notes.items() if key in labels]

    def stored(self, field: Field) -> Stored | None:  # noqa: ARG002
        """Describe what is stored for a secret field; nothing for a new connection."""
        return None

    def _typed(self, field: Field) -> str:
        return str(self.cleaned_data.get(PREFIX + field.key) or "")

    def _line(self, field: Field) -> Line:
        return Line(
            bound=self[PREFIX + field.key],
            where=field.where or "",
            note=self._note(field),
            stored=self.stored(field),
        )

    def _note(self, field: Field) -> str:
        name = PREFIX + field.key
        if field.secret and self.is_bound and self.data.get(name) and not self.is_valid():
            return "" if name in self.errors else TYPE_AGAIN
        chosen = str(self[name].value() or field.default)
        return next((each.warning for each in field.choices if each.value == chosen), "")
