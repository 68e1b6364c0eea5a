"""Which columns of this app hold sealed values: told to the vault, which rotates their keys."""

from __future__ import annotations

from workflows.models import Pin, Run, Step
from workflows.runs import values
from workspaces.vault.rotation import sealed_columns

MOST_AT_ONCE = 4
"""Values of up to 10 MiB: so many are opened and sealed again at a time."""


def register() -> None:
    """Name them, with the place that each value was sealed for."""
    sealed_columns.register(Run, "data_sealed", purpose=values.DATA, most_at_once=MOST_AT_ONCE)
    sealed_columns.register(
        Run, "response_sealed", purpose=values.RESPONSE, most_at_once=MOST_AT_ONCE
    )
    sealed_columns.register(Step, "state_sealed", purpose=values.STATE, most_at_once=MOST_AT_ONCE)
    sealed_columns.register(Pin, "data_sealed", purpose=values.PINNED, most_at_once=MOST_AT_ONCE)
