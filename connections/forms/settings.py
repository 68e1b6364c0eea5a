"""Small forms of a connection's settings: name, sharing, owner, expiry, removal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from connections.forms.adding import day_field, future

if TYPE_CHECKING:
    from datetime import date

    from workspaces.models import Membership


class NameForm(forms.Form):
    """Another name."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        error_messages={"required": "Give the connection a name."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class SharingForm(forms.Form):
    """For the whole workspace, or private; making a used one private asks."""

    is_private = forms.TypedChoiceField(
        label="Who may use it",
        coerce=lambda value: value == "True",
        choices=[
            ("False", "Everyone in the workspace"),
            ("True", "Only its owner and the admins; workflows that use it go on"),
        ],
        widget=forms.RadioSelect,
    )
    confirm = forms.BooleanField(
        label="Make it private although it is in use",
        required=False,
        help_text="Only its owner and the admins may then edit the steps that use it.",
    )

    def __init__(self, *arguments: Any, is_used: bool, is_private: bool, **options: Any) -> None:
        """Ask only when a used connection is to become private."""
        options["initial"] = {"is_private": str(is_private)}
        super().__init__(*arguments, **options)
        self._asks = is_used and not is_private
        if not self._asks:
            del self.fields["confirm"]

    def clean(self) -> dict[str, Any]:
        """Want the confirmation when it breaks something."""
        super().clean()
        becomes_private = self.cleaned_data.get("is_private") is True
        if self._asks and becomes_private and not self.cleaned_data.get("confirm"):
            self.add_error("confirm", "Workflows use this connection. Confirm that you mean it.")
        return self.cleaned_data


class HandOverForm(forms.Form):
    """Another owner, from among the members who may own a connection."""

    def __init__(self, *arguments: Any, members: list[Membership], **options: Any) -> None:
        """Offer the members."""
        super().__init__(*arguments, **options)
        self.members = {str(member.user_id): member for member in members}
        offered = [(key, str(member)) for key, member in self.members.items()]
        choices = [("", "Choose…"), *offered]
        self.fields["owner"] = forms.ChoiceField(label="New owner", choices=choices)


class ExpiryForm(forms.Form):
    """The day on which the credential in use expires, or none."""

    expires_on = day_field()

    def clean_expires_on(self) -> date | None:
        """Refuse a day that is over."""
        return future(self.cleaned_data["expires_on"])


class RemovalForm(forms.Form):
    """Removal; the name is typed when the connection is in use."""

    name = forms.CharField(required=False)

    def __init__(self, *arguments: Any, expected: str, **options: Any) -> None:
        """Want `expected`, or nothing when it is empty."""
        super().__init__(*arguments, **options)
        self._expected = expected

    def clean_name(self) -> str:
        """Compare as names are compared: without the spaces around."""
        typed = str(self.cleaned_data["name"])
        if self._expected and typed != self._expected:
            raise forms.ValidationError("This is not its name.")
        return typed
