"""One end for a whole call, however many waits it is made of."""

from __future__ import annotations

from time import monotonic

from spojit.lib.outbound.errors import TimedOut


class Deadline:
    """A moment after which nothing is waited for any more."""

    __slots__ = ("ends_at", "started_at")

    def __init__(self, seconds: float) -> None:
        """Begin now."""
        self.started_at = monotonic()
        self.ends_at = self.started_at + seconds

    def remaining(self) -> float:
        """Give the seconds left, more than 0.

        Raises:
            TimedOut: none are left.
        """
        left = self.left()
        if left <= 0:
            raise TimedOut
        return left

    def left(self) -> float:
        """Give the seconds left, 0 when it is over."""
        return max(0.0, self.ends_at - monotonic())

    def within(self, seconds: float) -> Deadline:
        """Give a nearer end for one part of the work."""
        return Deadline(min(seconds, self.remaining()))

    def elapsed_ms(self) -> int:
        """Say how long it has been, in whole milliseconds."""
        return int((monotonic() - self.started_at) * 1000)
