"""Using another connection instead: all or chosen references move in one act, or none does.

Each workflow gets new versions, what is live goes live again, and an open draft follows.
"""

from workflows.moving.acting import (
    CannotMove,
    Changed,
    Moved,
    NothingChosen,
    Preview,
    fitting,
    move,
    preview,
)
from workflows.moving.places import Place

__all__ = [
    "CannotMove",
    "Changed",
    "Moved",
    "NothingChosen",
    "Place",
    "Preview",
    "fitting",
    "move",
    "preview",
]
