"""What one check found: good, worth a look, or bad, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How bad it is; only BAD makes the doctor exit with 1."""

    GOOD = "ok"
    LOOK = "look"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: what was looked at, what was seen, and the remedy when not good."""

    verdict: Verdict
    what: str
    seen: str
    remedy: str = ""


def good(what: str, seen: str) -> Finding:
    """Say that all is well."""
    return Finding(Verdict.GOOD, what, seen)


def look(what: str, seen: str, *, remedy: str) -> Finding:
    """Say that somebody should have a look."""
    return Finding(Verdict.LOOK, what, seen, remedy)


def bad(what: str, seen: str, *, remedy: str) -> Finding:
    """Say that something is wrong."""
    return Finding(Verdict.BAD, what, seen, remedy)
