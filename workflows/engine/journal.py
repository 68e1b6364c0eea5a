"""What the engine asks of whoever keeps the record of a run. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from workflows.engine.results import Done, Failed, Waits
    from workflows.engine.visit import Visit


@dataclass(frozen=True, slots=True)
class Entry:
    """A step as it was committed."""

    id: uuid.UUID
    status: str
    outcome: str = ""
    detail: str = ""
    output: str = ""
    attempts: int = 0
    due_at: datetime | None = None
    started_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether it is not done again."""
        return self.status in {"completed", "failed"}


@dataclass(frozen=True, slots=True)
class Owner:
    """Which run it is, and whose; for how long its steps wait for a broken connection."""

    workspace_id: uuid.UUID
    run_id: uuid.UUID
    hold_hours: int = 24


@dataclass(frozen=True, slots=True)
class Child:
    """A run that a step started and waits for; `value` is what its Response gave, once it is over.

    `sentence` says why it did not complete.
    """

    id: uuid.UUID
    workflow_name: str
    status: str
    sentence: str = ""
    value: Any = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.status in {"completed", "failed", "timed_out", "cancelled"}


class Journal(Protocol):
    """The record of one run. Each of the five writes is committed when it returns.

    Every write may raise that the run is no longer this worker's, or was cancelled.
    """

    @property
    def owner(self) -> Owner:
        """Which run this is."""

    def entry(self, place: str) -> Entry | None:
        """Find what was committed of a step."""

    def value(self, place: str) -> Any:
        """Give the full output of a committed step."""

    def has_begun(self, place: str) -> bool:
        """Say whether anything below a place (a round, such as `each[3]`) was committed."""

    def begun(self, visit: Visit, value: Any = None) -> None:
        """Write that a step is under way, before what cannot be repeated."""

    def completed(self, visit: Visit, done: Done, *, is_last: bool = False) -> None:
        """Write what a step gave; what the last one gave may be written with the run's end.

        Raises: Failed, when it is too large.
        """

    def failed(self, visit: Visit, failure: Failed) -> None:
        """Write that a step failed."""

    def waits(self, visit: Visit, waits: Waits) -> None:
        """Write that a step goes on later."""

    def child(self, place: str) -> Child | None:
        """Find the run that a step started."""

    def start_child(self, visit: Visit, workflow_id: str, data: Any) -> Child:
        """Start another workflow's run for a step, once. Raises: Failed, when it cannot start."""
