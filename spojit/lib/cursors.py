"""Where a page of a list ends, told in an address: the moment and the ID of its last row. Pure."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple


class Cursor(NamedTuple):
    """One row of a list that is in the order of time: the next page begins behind it."""

    at: datetime
    id: uuid.UUID

    def __str__(self) -> str:
        """Write it for an address."""
        return f"{self.at.isoformat()}~{self.id}"

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        """Read it from an address; None when it is none."""
        at, _, row = text.partition("~")
        try:
            moment = datetime.fromisoformat(at)
            return cls(moment, uuid.UUID(row)) if moment.tzinfo else None
        except ValueError:
            return None
