"""Which columns of this app hold sealed values: told to the vault, which rotates their keys."""

from __future__ import annotations

from operator import attrgetter

from connections import tries
from connections.credentials import rows
from connections.models import Call, Credential
from workspaces.vault.rotation import sealed_columns


def register() -> None:
    """Name them, with the place that each value was sealed for."""
    sealed_columns.register(
        Credential,
        "sealed",
        purpose=rows.PURPOSE,
        row=rows.bound_to,
        version=attrgetter("version"),
    )
    sealed_columns.register(Call, "arguments_sealed", purpose=tries.PURPOSE)
