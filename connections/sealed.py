"""Which columns of this app hold sealed values: told to the vault, which rotates their keys."""

from __future__ import annotations

from operator import attrgetter

from connections import tries
from connections.credentials import rows, tokens
from connections.inbound import hooks, storing
from connections.models import (
    Authorization,
    Call,
    Credential,
    Delivery,
    Hook,
    OAuthApp,
    Revocation,
)
from connections.oauth import apps
from workspaces.vault.rotation import sealed_columns

BODIES_AT_ONCE = 20
"""Bodies of a mebibyte each are opened, sealed and written as text: some 100 MiB at once."""


def register() -> None:
    """Name them, with the place that each value was sealed for."""
    sealed_columns.register(
        Credential,
        "sealed",
        purpose=rows.PURPOSE,
        row=rows.bound_to,
        version=attrgetter("version"),
    )
    sealed_columns.register(
        Credential,
        "tokens",
        purpose=tokens.PURPOSE,
        row=rows.bound_to,
        version=attrgetter("revision"),
    )
    sealed_columns.register(OAuthApp, "secret_sealed", purpose=apps.PURPOSE, row=apps.bound_to)
    sealed_columns.register(Authorization, "verifier_sealed", purpose="verifier")
    sealed_columns.register(Authorization, "answer_sealed", purpose="answer")
    sealed_columns.register(Revocation, "sealed", purpose="revocation")
    sealed_columns.register(Call, "arguments_sealed", purpose=tries.PURPOSE)
    sealed_columns.register(Hook, "token_sealed", purpose=hooks.PURPOSE)
    sealed_columns.register(
        Delivery, "sealed", purpose=storing.PURPOSE, most_at_once=BODIES_AT_ONCE
    )
