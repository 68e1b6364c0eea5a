"""The forms of a webhook's secrets: a new one beside the old one, and when the old one ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms

from connections import credentials
from connections.forms.inputs import PREFIX
from connections.forms.lines import Line, Stored
from connections.forms.scheme_form import SchemeForm
from connections.inbound.secrets import FIELD as SECRET
from spojit.lib import clock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connections.models import Credential
    from connectors.manifest import Connector, Field, Scheme

NOTHING_TYPED = "Paste the secret that the service shows."
BY_HAND = "by_hand"
CHOICES = [("1", "In a day"), ("7", "In 7 days"), ("30", "In 30 days"), (BY_HAND, "By hand")]


def _retire_in(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=CHOICES, initial="7")


def _moment(chosen: str) -> datetime | None:
    return None if chosen == BY_HAND else clock.now() + timedelta(days=int(chosen))


class RetirementForm(forms.Form):
    """When the older secret ends; by hand means: not before somebody says so."""

    retire_in = _retire_in("When it retires by itself")

    @property
    def at(self) -> datetime | None:
        """The moment, after validation."""
        return _moment(self.cleaned_data["retire_in"])


class SecretForm(SchemeForm):
    """A new secret for a webhook connection, and how its deliveries are signed.

    Where there are such settings, the stored secret can be kept while they change.
    """

    retire_in = _retire_in("Retire the old secret")
    replaces = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        connector: Connector,
        scheme: Scheme,
        base: Credential | None,
        has_secret: bool,
    ) -> None:
        """Fill in what is no secret of what `base` seals; the first secret retires none."""
        self.base, self.has_secret = base, has_secret
        shown = credentials.public_values(base) if base else {}
        super().__init__(data, connector=connector, scheme=scheme, shown=shown)
        self.fields["replaces"].initial = base.version if base else None
        if not has_secret:
            del self.fields["retire_in"]
        if self._is_theirs:
            self.fields[PREFIX + SECRET].required = True

    def clean(self) -> dict[str, Any]:
        """Want the secret where only the service makes one."""
        cleaned = super().clean()
        if self._is_theirs and not self.keeps and not self.values[SECRET]:
            self.add_error(PREFIX + SECRET, NOTHING_TYPED)
        return cleaned

    @property
    def keeps(self) -> bool:
        """Whether the stored secret stays, and only the settings change."""
        name = f"{PREFIX}{SECRET}-act"
        return self._can_keep and self.is_bound and self.data.get(name) == "keep"

    @property
    def retire_at(self) -> datetime | None:
        """When the older one ends, after validation."""
        return _moment(self.cleaned_data.get("retire_in", BY_HAND))

    @property
    def lines(self) -> list[Line]:
        """The scheme's inputs, then when the older one ends."""
        rest = [Line(self["retire_in"])] if self.has_secret else []
        return [*super().lines, *rest]

    def stored(self, field: Field) -> Stored | None:
        """Offer to keep the secret, where something else can change."""
        if field.key != SECRET or not self._can_keep or self.base is None:
            return None
        return Stored(
            at=self.base.created_at,
            by=self.base.created_by_name,
            used_at=self.base.last_used_at,
            act="keep" if self.keeps else "replace",
        )

    @property
    def _is_theirs(self) -> bool:
        """Whether only the service makes secrets."""
        return self.scheme.webhook is not None and self.scheme.webhook.secret == "theirs"  # noqa: S105

    @property
    def _can_keep(self) -> bool:
        return self.has_secret and len(self.asked) > 1

    def _typed(self, field: Field) -> str:
        return "" if field.key == SECRET and self.keeps else super()._typed(field)
