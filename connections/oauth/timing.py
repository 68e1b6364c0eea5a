"""When tokens end and when they are renewed. Pure."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from connectors.manifest import OAuth2
    from connectors.oauth import Tokens

MARGIN_AT_LEAST = timedelta(seconds=60)
MARGIN_SHARE = 0.10
MARGIN_AT_MOST = timedelta(minutes=15)
"""How long before its end a token is renewed: the larger of 60 s and a tenth, at most 15 min."""

WAIT_BELOW = timedelta(seconds=10)
"""With less life than this, callers wait for the new token."""
WAIT_AT_MOST = timedelta(seconds=20)

LEAST_PAUSE = timedelta(seconds=5)
"""Nothing is renewed ahead of time sooner after an answer, whatever life a service tells."""

IDLE_SHARE = 0.8
"""How much of a refresh token's idle life may pass before it is used."""

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """The moments that go with an answer of the token endpoint; None: never, or not known."""

    expire_at: datetime | None
    grant_expires_at: datetime | None
    due_at: datetime | None


def lifetimes(oauth2: OAuth2, tokens: Tokens, *, now: datetime, spread_by: uuid.UUID) -> Lifetimes:
    """Work out when tokens end, and when to renew them.

    Without a means of renewal a token is due at its end, to be told then.

    Args:
        oauth2: how the scheme gets tokens.
        tokens: what was answered just now.
        now: the moment of the answer.
        spread_by: whose tokens they are; different ones are not due at the same moment.
    """
    expire_at = None
    if tokens.expires_in is not None:
        expire_at = now + timedelta(seconds=tokens.expires_in)
    grant_life = tokens.refresh_expires_in or oauth2.refresh_lifetime_seconds
    grant_expires_at = None
    if tokens.refresh_token and grant_life:
        grant_expires_at = now + timedelta(seconds=grant_life)
    if not tokens.refresh_token and oauth2.is_authorized_by_person:
        return Lifetimes(expire_at, None, expire_at)
    due = [
        _ahead(expire_at, now=now, spread_by=spread_by) if expire_at else None,
        now + (grant_expires_at - now) * IDLE_SHARE if grant_expires_at else None,
    ]
    due_at = min(filter(None, due), default=None)
    return Lifetimes(expire_at, grant_expires_at, due_at and max(due_at, now + LEAST_PAUSE))


def margin(life: timedelta) -> timedelta:
    """Say how long before its end a token of this life is renewed."""
    return min(max(MARGIN_AT_LEAST, life * MARGIN_SHARE), MARGIN_AT_MOST)


def next_attempt(failures: int, *, now: datetime, retry_after_seconds: float | None) -> datetime:
    """Say when to try again: 5 s, 10 s, 20 s and on to an hour, a fifth more or less by chance.

    Args:
        failures: how many in a row, this one included.
        now: the present moment.
        retry_after_seconds: what the service asks for at least, when it does.
    """
    wait = min(FIRST_WAIT * float(2 ** min(failures - 1, 12)), LONGEST_WAIT)
    jittered = wait * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
    return now + max(jittered, timedelta(seconds=retry_after_seconds or 0))


def _ahead(expire_at: datetime, *, now: datetime, spread_by: uuid.UUID) -> datetime:
    """Go back from the end by the margin and a spread; never before half of the life is over."""
    life = max(expire_at - now, timedelta(0))
    ahead = margin(life)
    share = zlib.crc32(spread_by.bytes) / 2**32
    early: timedelta = min(ahead + ahead * share / 2, life / 2)
    return expire_at - early
