"""What an operator would check, each with how to mend it. Reads; changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spojit.doctor import configuration, database, processes
from spojit.doctor.finding import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Finding", "Verdict", "examine"]


def examine() -> Iterator[Finding]:
    """Check everything, cheapest first; checks that need a part are left out when it is down."""
    yield from configuration.examine()
    reached = database.reach()
    yield reached
    if reached.verdict is Verdict.GOOD:
        yield from database.examine()
    reached = processes.reach()
    yield reached
    if reached.verdict is Verdict.GOOD:
        yield from processes.examine()
