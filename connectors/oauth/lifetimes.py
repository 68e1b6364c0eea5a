"""How long tokens live: by the answer, by the token itself, or by what is declared. Pure."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors import paths
from spojit.lib import clock

if TYPE_CHECKING:
    from connectors.manifest import OAuth2

LONGEST_SECONDS = 10 * 365 * 24 * 3600.0
"""Longer lives are not believed; nothing here plans that far."""
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
_MILLISECONDS_FROM = 1e11
"""Moments above are milliseconds since 1970: as seconds they would lie beyond the year 5000."""
_LONGEST_TOKEN = 32_768


def expires_in(oauth2: OAuth2, found: Any, access_token: str) -> float | None:
    """Give the seconds that an access token lives from now on; None when nobody says."""
    answer = oauth2.answer
    seconds = _life(paths.find(found, answer.expires_in))
    if seconds is None and answer.expires_at:
        seconds = _until(moment(paths.find(found, answer.expires_at)))
    if seconds is None:
        seconds = _until(expiry_of(access_token))
    return seconds if seconds is not None else oauth2.lifetime_seconds


def refresh_expires_in(oauth2: OAuth2, found: Any) -> float | None:
    """Give the seconds that the refresh token lives from now on, where the answer says so."""
    path = oauth2.answer.refresh_expires_in
    return _life(paths.find(found, path)) if path else None


def expiry_of(token: str) -> float | None:
    """Give a JWT's `exp` (seconds since 1970), its signature unverified; None when it is none.

    It only plans a refresh: a lie in it costs whoever told it, and nothing is granted by it.
    """
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _LONGEST_TOKEN:
        return None
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        return None
    expires_at = _number(claims.get("exp")) if isinstance(claims, dict) else None
    return expires_at if expires_at is None or expires_at < _MILLISECONDS_FROM else None


def moment(value: Any) -> float | None:
    """Read a moment, ISO 8601 or (milli)seconds since 1970, as seconds since 1970."""
    number = _number(value)
    if number is not None:
        return number / 1000 if number >= _MILLISECONDS_FROM else number
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        read = datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _until(moment_at: float | None) -> float | None:
    return None if moment_at is None else _bounded(moment_at - clock.now().timestamp())


def _life(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else _bounded(number)


def _bounded(seconds: float) -> float | None:
    """Take what is over when it comes as unsaid: services write 0 for what never expires."""
    return min(seconds, LONGEST_SECONDS) if seconds > 0 else None


def _number(value: Any) -> float | None:
    """Read a number that is not negative, or a text of one."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(min(value, 1e15)) if 0 <= value < float("inf") else None
