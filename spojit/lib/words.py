"""Moments, sizes and durations as short words. Pure: the moment "now" is passed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_A_YEAR = timedelta(days=365)


def relative(at: datetime, *, now: datetime) -> str:
    """Say how long ago or ahead a moment is: "just now", "3 min ago", "in 2 h", "12 days ago".

    Beyond a year it is the date.
    """
    if abs(now - at) >= _A_YEAR:
        return f"{at.day} {at:%b %Y}"
    seconds = round(abs((now - at).total_seconds()))
    if seconds < _MINUTE:
        return "just now" if at <= now else "in a moment"
    amount = _amount(seconds)
    return f"{amount} ago" if at <= now else f"in {amount}"


def exact(at: datetime) -> str:
    """Write a moment in full, in UTC: "21 Nov 2026, 15:44:10 UTC"."""
    universal = at.astimezone(UTC)
    return f"{universal.day} {universal:%b %Y, %H:%M:%S} UTC"


def duration(milliseconds: float) -> str:
    """Write a duration: "85 ms", "1.4 s", "2 min 5 s"."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    return f"{int(seconds // _MINUTE)} min {int(seconds % _MINUTE)} s"


def initials(name: str) -> str:
    """Return one or two capital letters for a name or an e-mail address."""
    words = name.split("@", maxsplit=1)[0].replace(".", " ").replace("-", " ").split()
    if not words:
        return "?"
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def _amount(seconds: int) -> str:
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h"
    days = seconds // _DAY
    return f"{days} day" if days == 1 else f"{days} days"
