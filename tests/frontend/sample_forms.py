"""Forms of the examples."""

from __future__ import annotations

from django import forms


class ExampleForm(forms.Form):
    """One of each kind of field."""

    name = forms.CharField(
        help_text="People see this wherever the connection is used.",
        initial="Stripe - Production",
    )
    api_key = forms.CharField(
        label="Secret key",
        help_text="Starts with sk_live_ or sk_test_.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    region = forms.ChoiceField(choices=[("eu", "Europe"), ("us", "United States")])
    notes = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    scheme = forms.ChoiceField(
        choices=[("a", "Secret key"), ("b", "Restricted key")],
        widget=forms.RadioSelect,
        initial="a",
    )
    is_private = forms.BooleanField(
        required=False, label="Private", help_text="Only you and the admins may use it."
    )


def refused_form(auto_id: str = "id_%s") -> forms.Form:
    """A form that came back with errors."""
    data = {"api_key": "pk_live", "region": "eu", "scheme": "b"}
    form = ExampleForm(data, auto_id=auto_id)
    form.is_valid()
    form.add_error("api_key", "This is a publishable key. A secret key starts with sk_.")
    form.add_error(None, "You already connected this account as “Stripe - Sandbox”.")
    return form


class RenameForm(forms.Form):
    """A name."""

    name = forms.CharField(initial="Stripe - Production")


class SharingForm(forms.Form):
    """Private or not."""

    is_private = forms.BooleanField(
        required=False, label="Private", help_text="Only its owner and the admins may bind it."
    )


class HandOverForm(forms.Form):
    """A member."""

    owner = forms.ChoiceField(label="New owner", choices=[("1", "Bob Marsh"), ("2", "Adam Okoro")])
