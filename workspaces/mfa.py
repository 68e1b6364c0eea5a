"""TOTP and recovery seeds are sealed; django-allauth would keep them in the clear."""

from __future__ import annotations

import base64

from allauth.mfa.adapter import DefaultMFAAdapter

from spojit.lib.ids import NOBODY
from workspaces.vault import keyring

_PLACE = {"table": "mfa_authenticator", "row": str(NOBODY), "purpose": "mfa_seed", "version": 1}


class SealingAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals what allauth gives to `encrypt`."""

    def encrypt(self, text: str) -> str:
        """Seal a seed with the platform's data key."""
        sealed = keyring.seal(text.encode(), workspace_id=None, **_PLACE)
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a seed. Raises: CannotOpen; it never falls back to the stored text."""
        sealed = base64.b64decode(encrypted_text, validate=True)
        return keyring.open_(sealed, workspace_id=None, **_PLACE).decode()
