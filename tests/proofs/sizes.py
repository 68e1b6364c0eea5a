"""How large a proof is: reduced in `make test`, as stated in `make soak` (which sets SOAK)."""

from __future__ import annotations

import os

IS_FULL = os.environ.get("SOAK") == "true"


def sized(reduced: float, stated: float) -> float:
    """Choose the size of this run."""
    return stated if IS_FULL else reduced
