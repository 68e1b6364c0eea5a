"""The form of a new version: each stored secret is kept, replaced or cleared, never shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from connections import credentials
from connections.forms.adding import day_field, future
from connections.forms.inputs import PREFIX
from connections.forms.lines import Line, Stored
from connections.forms.scheme_form import SchemeForm

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from connections.models import Credential
    from connectors.fields import InvalidValues
    from connectors.manifest import Connector, Field, Scheme

ACTS = ("keep", "replace", "clear")
NOTHING_TYPED = "Paste the new value, or choose Keep."


class RotateForm(SchemeForm):
    """A new version of a credential, beside what is stored."""

    expires_on = day_field()

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        connector: Connector,
        scheme: Scheme,
        base: Credential | None,
        used_at: datetime | None = None,
        expires_on: date | None = None,
    ) -> None:
        """Fill in what is no secret of what `base` seals, the version whose secrets can be kept.

        Its expiry date is not: another key expires on another day.
        """
        self.base, self.used_at = base, used_at
        super().__init__(
            data,
            connector=connector,
            scheme=scheme,
            shown=credentials.public_values(base) if base else {},
            initial={"expires_on": expires_on},
        )

    def clean_expires_on(self) -> date | None:
        """Refuse a day that is over."""
        return future(self.cleaned_data["expires_on"])

    def clean(self) -> dict[str, Any]:
        """Refuse to replace a stored secret by nothing, which would keep it in silence."""
        for field in self.scheme.fields:
            is_chosen = self._is_stored(field) and self.act(field) == "replace"
            if is_chosen and not self._typed(field):
                self.add_error(PREFIX + field.key, NOTHING_TYPED)
        return super().clean()

    @property
    def kept(self) -> Collection[str]:
        """The stored secrets that nobody replaces or clears."""
        return [
            field.key
            for field in self.scheme.fields
            if self._is_stored(field) and self.act(field) != "clear" and not self._typed(field)
        ]

    @property
    def cleared(self) -> list[str]:
        """The stored secrets that become empty."""
        fields = self.scheme.fields
        return [
            field.key for field in fields if self._is_stored(field) and self.act(field) == "clear"
        ]

    @property
    def lines(self) -> list[Line]:
        """The scheme's inputs, then the expiry date; an authorization says itself when it ends."""
        if self.scheme.is_grant:
            return super().lines
        return [*super().lines, Line(self["expires_on"])]

    @property
    def is_changed(self) -> bool:
        """Whether a value is another one than is stored; after validation."""
        secret = self.scheme.secret_keys
        open_values = {key: value for key, value in self.checked.items() if key not in secret}
        before = credentials.public_values(self.base) if self.base else {}
        return bool(self.cleared) or open_values != before or bool(self.checked.keys() & secret)

    def act(self, field: Field) -> str:
        """Return what is to happen to a stored secret: keep, replace or clear."""
        name = PREFIX + field.key
        chosen = self.data.get(f"{name}-act", "") if self.is_bound else "keep"
        if chosen in ACTS:
            return str(chosen)
        return "replace" if self.data.get(name) else "keep"

    def refuse(self, refused: InvalidValues) -> None:
        """Put each sentence under its input, opened for typing."""
        super().refuse(refused)
        self.asked_again = set(refused.errors)

    asked_again: Collection[str] = frozenset()

    def stored(self, field: Field) -> Stored | None:
        """Describe a stored secret."""
        if not self._is_stored(field) or self.base is None:
            return None
        told = self.base.fields[field.key]
        return Stored(
            at=datetime.fromisoformat(told["set_at"]),
            by=told["set_by_name"],
            used_at=self.used_at,
            act="replace" if field.key in self.asked_again else self.act(field),
            can_clear=not field.required,
        )

    def _is_stored(self, field: Field) -> bool:
        return field.secret and self.base is not None and field.key in self.base.fields

    def _typed(self, field: Field) -> str:
        if self._is_stored(field) and self.act(field) != "replace":
            return ""
        return super()._typed(field)
