"""How a step ends: done, failed, or not yet. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spojit.lib.errors import SpojitError

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Done:
    """A step that did what it is for.

    Attributes:
        value: what later steps find, JSON-like.
        output: where the run goes on.
        response: what the run gives back, when this is what the step says.
    """

    value: Any = None
    output: str = "next"
    response: dict[str, Any] | None = None


class Failed(SpojitError):
    """A step that did not; the message says why, and holds neither values nor foreign text."""

    code = "step_failed"
    message = "The step failed."

    def __init__(self, outcome: str, sentence: str = "") -> None:
        """Name what it came to; the node is filled in by whoever runs it."""
        super().__init__(sentence)
        self.outcome = outcome
        self.node_id = ""


ANSWERED = ("approval", "workflow")
"""What ends a wait besides its moment: a person's decision, or the end of another run."""

_FOREMOST = ("connection", *ANSWERED)


class Waits(SpojitError):
    """A step that goes on later: at a moment, after a pause, or when something else happens.

    `attempts` were made so far. `is_written` says that the step's row tells it already.
    `may_be_answered` says that a decision or the end of another run may have come meanwhile.
    """

    code = "step_waits"
    message = "The step waits."

    def __init__(
        self,
        until: datetime,
        why: str,
        *,
        waits_for_id: uuid.UUID | None = None,
        attempts: int = 0,
        outcome: str = "",
    ) -> None:
        """Say until when, and why: `time`, `retry`, `rate_limit`, or one of `_FOREMOST`."""
        super().__init__()
        self.until = until
        self.why = why
        self.waits_for_id = waits_for_id
        self.attempts = attempts
        self.outcome = outcome
        self.is_written = False
        self.may_be_answered = why in ANSWERED

    @classmethod
    def together(cls, waits: Sequence[Waits]) -> Waits:
        """Make one of several: the first moment, and what most needs somebody, if anything does."""
        first = min(waits, key=lambda one: one.until)
        told = [one for why in _FOREMOST for one in waits if one.why == why] or [first]
        merged = cls(first.until, told[0].why, waits_for_id=told[0].waits_for_id)
        merged.is_written = True
        merged.may_be_answered = any(one.may_be_answered for one in waits)
        return merged
