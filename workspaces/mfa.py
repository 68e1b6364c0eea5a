"""TOTP and recovery seeds are sealed; django-allauth would keep them in the clear."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import qrcode  # type: ignore[import-untyped]
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from django import forms
from django.utils.html import format_html

from spojit.lib.ids import NOBODY
from workspaces.vault import keyring

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from workspaces.models import User

_PLACE: dict[str, Any] = {
    "table": "mfa_authenticator",
    "row": str(NOBODY),
    "purpose": "mfa_seed",
    "version": 1,
}
_QUIET_ZONE = 4
"""Modules of white around a QR code, by ISO/IEC 18004."""


class SealingAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals what allauth gives to `encrypt`, and draws the QR code without inline style."""

    def encrypt(self, text: str) -> str:
        """Seal a seed with the platform's data key."""
        sealed = keyring.seal(text.encode(), workspace_id=None, **_PLACE)
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a seed.

        Raises:
            CannotOpen: it was altered; there is no falling back to the stored text.
        """
        sealed = base64.b64decode(encrypted_text, validate=True)
        return keyring.open_(sealed, workspace_id=None, **_PLACE).decode()

    def build_totp_svg(self, url: str) -> SafeString:
        """Draw the QR code as one path, black on white in every colour scheme."""
        code = qrcode.QRCode(border=_QUIET_ZONE)
        code.add_data(url)
        modules = code.get_matrix()
        path = "".join(
            f"M{x} {y}h1v1h-1z"
            for y, row in enumerate(modules)
            for x, is_dark in enumerate(row)
            if is_dark
        )
        return format_html(
            '<svg class="qr" viewBox="0 0 {0} {0}" role="img" shape-rendering="crispEdges"'
            ' aria-label="QR code for an authenticator app">'
            '<rect width="{0}" height="{0}" fill="#fff"/><path fill="#000" d="{1}"/></svg>',
            len(modules),
            path,
        )


class ActivateTotp(ActivateTOTPForm):  # type: ignore[misc]
    """Keeps the seed sealed while the person sets it up; allauth's own has it in the session."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Make a new seed for an empty form, and take the one that was shown for a filled one."""
        self.user = user
        forms.Form.__init__(self, *args, **kwargs)
        self.secret = _pending_seed(is_new=not self.is_bound)


def has_totp(user: User) -> bool:
    """Whether somebody signs in with a second factor."""
    return bool(SealingAdapter().is_mfa_enabled(user, types=[Authenticator.Type.TOTP]))


def _pending_seed(*, is_new: bool) -> str:
    adapter, session = SealingAdapter(), context.request.session
    sealed = None if is_new else session.get(SECRET_SESSION_KEY)
    seed = adapter.decrypt(sealed) if sealed else generate_totp_secret()
    if not sealed:
        session[SECRET_SESSION_KEY] = adapter.encrypt(seed)
    return str(seed)
