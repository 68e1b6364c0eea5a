"""How often something may be asked: counted in Redis, per key and window of time."""

from __future__ import annotations

from django.core.cache import cache

from spojit.lib import clock
from spojit.lib.errors import Refused


class TooMany(Refused):
    """It was asked too often; the hint says when it may be asked again."""

    code = "too_many"
    message = "This was asked too often."
    transient = True


def take(key: str, *, limit: int, seconds: int) -> None:
    """Count one more of this key in the present window of `seconds`.

    Raises:
        TooMany: there were `limit` of them already.
    """
    window, passed = divmod(int(clock.now().timestamp()), seconds)
    name = f"limit:{key}:{window}"
    cache.add(name, 0, timeout=2 * seconds)
    if cache.incr(name) > limit:
        raise TooMany(hint=f"Try again in {seconds - passed} seconds.")
