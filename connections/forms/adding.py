"""The form of a new connection: its name, the scheme's fields, expiry and sharing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from connections.forms.lines import Line
from connections.forms.scheme_form import SchemeForm
from spojit.lib import clock

if TYPE_CHECKING:
    from datetime import date


def day_field() -> forms.DateField:
    """Make the input of an expiry date."""
    return forms.DateField(
        label="Expires on",
        required=False,
        help_text="When the service says so. You are told 30, 7 and 1 days ahead.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def future(day: date | None) -> date | None:
    """Return a day that is not over yet. Raises: ValidationError."""
    if day and day < clock.now().date():
        raise forms.ValidationError("This day is over already.")
    return day


class AddForm(SchemeForm):
    """A new connection."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        help_text="What tells it apart: the account, or the environment.",
        error_messages={"required": "Give the connection a name."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_private = forms.BooleanField(
        label="Private",
        required=False,
        help_text="Only you and the admins see its details and use it.",
    )
    expires_on = day_field()

    def clean_expires_on(self) -> date | None:
        """Refuse a day that is over."""
        return future(self.cleaned_data["expires_on"])

    @property
    def lines(self) -> list[Line]:
        """The name, then the scheme's inputs."""
        return [Line(self["name"]), *super().lines]

    @property
    def extras(self) -> list[Line]:
        """What few need; an authorization says itself when it ends, a webhook's secret never."""
        if self.scheme.is_grant or self.scheme.is_inbound:
            return [Line(self["is_private"])]
        return [Line(self["expires_on"]), Line(self["is_private"])]

    @property
    def has_open_extras(self) -> bool:
        """Whether something of the extras was filled in or is wrong."""
        return any(line.bound.errors or line.bound.value() for line in self.extras)

    def choices(self) -> dict[str, Any]:
        """Return what `lifecycle.create` takes besides the values."""
        return {
            "name": self.cleaned_data["name"],
            "private": self.cleaned_data["is_private"],
            "expires_on": self.cleaned_data["expires_on"],
        }
