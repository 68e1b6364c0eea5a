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
from django.db.models.signals import post_init, pre_save
from django.utils.html import format_html

from spojit.lib.ids import NOBODY
from workspaces.vault import keyring
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    import uuid

    from django.utils.safestring import SafeString

    from workspaces.models import User

_SEALED_KEYS = ("secret", "seed")
"""Where allauth puts what it sealed, in `Authenticator.data`: TOTP's, and the recovery codes'."""

_QUIET_ZONE = 4
"""Modules of white around a QR code, by ISO/IEC 18004."""


class OwnedText(str):
    """A sealed seed as it stands in somebody's row; only what was sealed for them opens."""

    owner_id: uuid.UUID


class SealingAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals seeds for the person whose they are, and draws the QR code without inline style.

    allauth does not say whose a text is. So a row's owner is told to its texts when the row is
    read (`own`), and what is fresh is sealed for nobody, which opens nowhere, until its row is
    written (`seal_for_owner`).
    """

    def encrypt(self, text: str) -> str:
        """Seal a seed whose row is about to be written."""
        return _seal(text, user_id=NOBODY)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a seed that was read from its owner's row.

        Raises:
            CannotOpen: it was altered, or belongs to somebody else; there is no falling back to
                the stored text.
        """
        if not isinstance(encrypted_text, OwnedText):
            raise CannotOpen
        return _open(encrypted_text, user_id=encrypted_text.owner_id)

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
        self.fields["code"].widget.attrs.pop("placeholder", None)
        self.secret = _pending_seed(user, is_new=not self.is_bound)


def has_totp(user: User) -> bool:
    """Whether somebody signs in with a second factor."""
    return bool(SealingAdapter().is_mfa_enabled(user, types=[Authenticator.Type.TOTP]))


def own(instance: Authenticator, **_: Any) -> None:
    """Tell the sealed texts of a row that was read whose they are."""
    if instance.pk is None or instance.__dict__.get("data") is None:
        return
    for key in _SEALED_KEYS:
        if key in instance.data:
            instance.data[key] = _owned(instance.data[key], instance.user_id)


def seal_for_owner(instance: Authenticator, **_: Any) -> None:
    """Seal the fresh texts of a row that is about to be written for the person whose it is."""
    for key in _SEALED_KEYS:
        text = instance.data.get(key)
        if text is not None and not isinstance(text, OwnedText):
            sealed = _seal(_open(text, user_id=NOBODY), user_id=instance.user_id)
            instance.data[key] = _owned(sealed, instance.user_id)


def bind_seeds() -> None:
    """Have every row of allauth's read and written by the two functions above."""
    post_init.connect(own, sender=Authenticator, dispatch_uid="workspaces.mfa.own")
    pre_save.connect(seal_for_owner, sender=Authenticator, dispatch_uid="workspaces.mfa.seal")


def _owned(text: str, user_id: uuid.UUID) -> OwnedText:
    owned = OwnedText(text)
    owned.owner_id = user_id
    return owned


def _seal(text: str, *, user_id: uuid.UUID, purpose: str = "mfa_seed") -> str:
    place = _place(user_id, purpose)
    return base64.b64encode(keyring.seal(text.encode(), workspace_id=None, **place)).decode()


def _open(text: str, *, user_id: uuid.UUID, purpose: str = "mfa_seed") -> str:
    """Open a seed. Raises: CannotOpen, also for what is no sealed text."""
    try:
        sealed = base64.b64decode(text, validate=True)
    except ValueError:
        raise CannotOpen from None
    return keyring.open_(sealed, workspace_id=None, **_place(user_id, purpose)).decode()


def _place(user_id: uuid.UUID, purpose: str) -> dict[str, Any]:
    return {"table": "mfa_authenticator", "row": str(user_id), "purpose": purpose, "version": 1}


def _pending_seed(user: User, *, is_new: bool) -> str:
    session = context.request.session
    sealed = None if is_new else session.get(SECRET_SESSION_KEY)
    if sealed:
        return _open(sealed, user_id=user.pk, purpose="mfa_pending_seed")
    seed = str(generate_totp_secret())
    session[SECRET_SESSION_KEY] = _seal(seed, user_id=user.pk, purpose="mfa_pending_seed")
    return seed
