"""Contexts of the account's pages and of the error pages."""

from __future__ import annotations

from types import SimpleNamespace as Sample
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from django.http import HttpRequest

QR = (
    '<svg class="qr" viewBox="0 0 9 9" role="img" aria-label="QR code">'
    '<rect width="9" height="9" fill="#fff"/><path d="M2 2h3v3H2z"/></svg>'
)


class SignInForm(forms.Form):
    """Address and password."""

    login = forms.EmailField(label="E-mail address")
    password = forms.CharField(widget=forms.PasswordInput)
    remember = forms.BooleanField(required=False, label="Remember me")


class SignUpForm(forms.Form):
    """What a new person says."""

    email = forms.EmailField(label="E-mail address")
    name = forms.CharField(label="Your name")
    password1 = forms.CharField(
        label="Password",
        widget=forms.PasswordInput,
        help_text=SafeString("<ul><li>At least 12 characters.</li><li>Not a common one.</li></ul>"),
    )


class CodeForm(forms.Form):
    """A code of an authenticator app."""

    code = forms.CharField()
    secret = "JBSWY3DPEHPK3PXP"


def login(_: HttpRequest) -> dict[str, Any]:
    """Signing in."""
    return {"form": SignInForm(), "signup_url": "#"}


def login_refused(_: HttpRequest) -> dict[str, Any]:
    """Signing in with the wrong password."""
    form = SignInForm({"login": "alice@northwind.example", "password": "x"})
    form.add_error(None, "The address or the password is not right.")
    return {"form": form, "signup_url": "#"}


def signup(_: HttpRequest) -> dict[str, Any]:
    """Signing up."""
    return {"form": SignUpForm(), "login_url": "#"}


def plain(_: HttpRequest) -> dict[str, Any]:
    """A page that needs nothing."""
    return {}


def one_form(_: HttpRequest) -> dict[str, Any]:
    """A page that needs a form."""
    return {"form": SignInForm(), "action_url": "#", "unused_code_count": 3}


def confirmation(_: HttpRequest) -> dict[str, Any]:
    """A link from a mail."""
    address = Sample(email="alice@northwind.example")
    return {"can_confirm": True, "confirmation": Sample(key="k", email_address=address)}


def addresses(_: HttpRequest) -> dict[str, Any]:
    """Addresses of an account."""
    first = Sample(email="alice@northwind.example", primary=True, verified=True)
    second = Sample(email="alice@side.example", primary=False, verified=False)
    return {
        "form": SignInForm(),
        "can_add_email": True,
        "emailaddress_radios": [Sample(emailaddress=first), Sample(emailaddress=second)],
    }


def mfa(_: HttpRequest) -> dict[str, Any]:
    """Two-step sign-in, off."""
    return {
        "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes"],
        "authenticators": {},
        "is_mfa_enabled": False,
    }


def totp(_: HttpRequest) -> dict[str, Any]:
    """Setting up an authenticator app."""
    return {"form": CodeForm(), "totp_svg": SafeString(QR)}


def codes(_: HttpRequest) -> dict[str, Any]:
    """Recovery codes."""
    return {
        "unused_codes": ["12345678", "23456789", "34567890"],
        "total_count": 10,
        "can_view_codes": True,
        "can_download_codes": True,
        "can_generate_codes": True,
    }
