"""The form of an OAuth app: its secret is write-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from connections.oauth.apps import LONGEST_CLIENT_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT = "Empty keeps the stored one, as long as the client ID stays the same."


class OAuthAppForm(forms.Form):
    """A client ID and a secret, as the service shows them."""

    use_required_attribute = False

    client_id = forms.CharField(
        label="Client ID",
        max_length=LONGEST_CLIENT_ID,
        help_text="Services also call it application ID, app key or consumer key.",
        error_messages={"required": "Enter the client ID."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "class": "input-code"}
        ),
    )
    client_secret = forms.CharField(
        label="Client secret",
        required=False,
        max_length=4_096,
        widget=forms.PasswordInput(
            render_value=False,
            attrs={"autocomplete": "new-password", "spellcheck": "false", "class": "input-code"},
        ),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        client_id: str = "",
        has_secret: bool = False,
    ) -> None:
        """Begin with what is stored; of the secret only that there is one."""
        super().__init__(data, initial={"client_id": client_id})
        if has_secret:
            self.fields["client_secret"].help_text = KEPT
