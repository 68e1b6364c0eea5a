"""How django-allauth signs people up and in here."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.http import HttpRequest

from workspaces.models import User


class SignupFields(forms.Form):
    """What a new person says besides address and password."""

    name = forms.CharField(
        label="Your name",
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def signup(self, _request: HttpRequest, user: User) -> None:
        """Keep the name."""
        user.name = " ".join(self.cleaned_data["name"].split())
        user.save(update_fields=["name"])


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Knows where the client's address stands."""

    def get_client_ip(self, request: Any) -> str:
        """Return the address that `TRUSTED_PROXIES` lets us believe."""
        return str(request.client_address)
