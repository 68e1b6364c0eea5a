"""allauth's forms in our words: no placeholder repeats a label, and one thing has one name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from django.forms import EmailField

if TYPE_CHECKING:
    from django.forms import Field

LABELS = {
    "login": "E-mail address",
    "email": "E-mail address",
    "remember": "Stay signed in on this browser",
    "oldpassword": "Current password",
    "password2": "The same again",
}
PASSWORD_HELP = "At least 12 characters; no common password, and not your name or address."  # noqa: S105 - a sentence


class Plain:
    """Renames the fields of the form that it is mixed into."""

    fields: dict[str, Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Make the form, then say it in our words."""
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = LABELS.get(name, field.label)
            if isinstance(field, EmailField):
                field.error_messages["invalid"] = "This is no e-mail address."
            if name == "password1":
                field.help_text = PASSWORD_HELP


class WithLinkBelow(Plain):
    """The way to a forgotten password stands below the form, not between a label and its input."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take allauth's link out."""
        super().__init__(*args, **kwargs)
        for name in {"password", "oldpassword"} & self.fields.keys():
            self.fields[name].help_text = ""


class LoginForm(WithLinkBelow, account.LoginForm):  # type: ignore[misc]
    """Signing in."""


class SignupForm(Plain, account.SignupForm):  # type: ignore[misc]
    """Signing up."""


class AddEmailForm(Plain, account.AddEmailForm):  # type: ignore[misc]
    """Another address."""


class ChangePasswordForm(WithLinkBelow, account.ChangePasswordForm):  # type: ignore[misc]
    """A new password in the place of a known one."""


class ResetPasswordForm(Plain, account.ResetPasswordForm):  # type: ignore[misc]
    """Asking for the link."""


class ResetPasswordKeyForm(Plain, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, by the link."""


class ReauthenticateForm(Plain, account.ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""


class AuthenticateForm(Plain, mfa.AuthenticateForm):  # type: ignore[misc]
    """The code of the second factor."""


class ReauthenticateCodeForm(Plain, mfa.ReauthenticateForm):  # type: ignore[misc]
    """The code once more."""
