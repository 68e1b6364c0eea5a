"""What stands beside an input: where to find the value, what is stored, what to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from django.forms import BoundField


@dataclass(frozen=True, slots=True)
class Stored:
    """A secret that is stored: when and by whom it was set, and what was chosen to do with it.

    `act` is keep, replace or clear.
    """

    at: datetime | None
    by: str
    used_at: datetime | None = None
    act: str = "keep"
    can_clear: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One input of a form made from a scheme."""

    bound: BoundField
    where: str = ""
    note: str = ""
    stored: Stored | None = None
