"""How django-allauth signs people up and in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from django import forms

from workspaces import invitations, lifecycle

if TYPE_CHECKING:
    from django.http import HttpRequest

    from workspaces.models import User


class SignupFields(forms.Form):
    """What a new person says besides address and password."""

    name = forms.CharField(
        label="Your name",
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    workspace = forms.CharField(
        label="Name of your workspace",
        help_text="Usually your team or company. You can change it later.",
        max_length=lifecycle.LONGEST_NAME,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )

    def clean_name(self) -> str:
        """Refuse what cannot be printed, such as marks that turn the writing around."""
        name = " ".join(self.cleaned_data["name"].split())
        if not name.isprintable():
            raise forms.ValidationError("A name has letters, digits and signs only.")
        return name

    def clean_workspace(self) -> str:
        """Refuse what is no name for a workspace; none at all will do."""
        name = self.cleaned_data["workspace"].strip()
        try:
            return lifecycle.clean_name(name) if name else ""
        except lifecycle.NameMissing as refusal:
            raise forms.ValidationError(refusal.message) from None

    def signup(self, _request: HttpRequest, user: User) -> None:
        """Keep the name, and make the workspace unless an invitation waits for this address."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
        asked = self.cleaned_data["workspace"]
        if asked or not invitations.is_awaited(user.email):
            lifecycle.create(asked or derived_name(user), owner=user)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Knows where the client's address stands, and says what went wrong in our words."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "This address and password do not belong together.",
    }

    def get_client_ip(self, request: Any) -> str:
        """Return the address that `TRUSTED_PROXIES` lets us believe."""
        return str(request.client_address)

    def clean_email(self, email: str) -> str:
        """Keep addresses in lower case, as the database compares them."""
        return super().clean_email(email).strip().lower()  # type: ignore[no-any-return]


def derived_name(user: User) -> str:
    """Name a first workspace after its owner."""
    return f"{user.get_short_name()}'s workspace"[: lifecycle.LONGEST_NAME]
