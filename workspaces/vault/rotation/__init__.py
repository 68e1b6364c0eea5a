"""Changes keys while the app runs; can be stopped at any moment and begun again."""

from __future__ import annotations

from workspaces.vault.rotation import sealed_columns
from workspaces.vault.rotation.data_keys import RETIRE_AFTER, Resealing, rotate_data_key
from workspaces.vault.rotation.root_keys import Progress, count_left, rotate_root

__all__ = [
    "RETIRE_AFTER",
    "Progress",
    "Resealing",
    "count_left",
    "rotate_data_key",
    "rotate_root",
    "sealed_columns",
]
