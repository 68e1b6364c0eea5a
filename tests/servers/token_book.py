"""Grants by the thousand: tokens that rotate, how often each was used, and what a reuse ends."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from dataclasses import dataclass, field

LIVING_ACCESS_TOKENS = 2  # the newest of a grant and the one before


@dataclass(slots=True)
class Grant:
    """What an account gave an app.

    Attributes:
        refresh_token: the only one that counts.
        access: access tokens that may still live, and when each ends (monotonic seconds).
        refreshes: how often it was renewed.
    """

    account: str
    client: str
    scope: str
    refresh_token: str = ""
    access: dict[str, float] = field(default_factory=dict)
    refreshes: int = 0
    is_ended: bool = False


class Refused(Exception):
    """The refresh token is not good; the code is that of RFC 6749 section 5.2."""


class Book:
    """All grants of a server, and every refresh token that there ever was."""

    def __init__(self, *, access_seconds: int) -> None:
        """Begin empty; access tokens live for so long."""
        self.access_seconds = access_seconds
        self.grants: list[Grant] = []
        self.uses: Counter[str] = Counter()
        self.reused = 0
        self._by_refresh: dict[str, Grant] = {}
        self._by_access: dict[str, Grant] = {}

    def open(self, account: str, *, client: str, scope: str) -> dict[str, object]:
        """Make a grant; give the token endpoint's answer."""
        grant = Grant(account, client, scope)
        self.grants.append(grant)
        return self._issue(grant)

    def mint(self, client: str, *, scope: str) -> dict[str, object]:
        """Give an app an access token for itself, without a refresh token."""
        grant = Grant(client, client, scope)
        answer = self._issue(grant)
        del self._by_refresh[str(answer.pop("refresh_token"))]
        return answer

    def renew(self, token: str, *, client: str) -> dict[str, object]:
        """Renew a grant. Raises: Refused; a token that was used before ends its grant."""
        grant = self._by_refresh.get(token)
        if grant is None or grant.client != client:
            raise Refused
        self.uses[token] += 1
        if token != grant.refresh_token:
            self.reused += 1
            self.end(grant)
        if grant.is_ended:
            raise Refused
        grant.refreshes += 1
        return self._issue(grant)

    def holder(self, access_token: str) -> Grant | None:
        """Find the grant of an access token that lives."""
        grant = self._by_access.get(access_token)
        if grant is None or grant.is_ended or grant.access[access_token] < time.monotonic():
            return None
        return grant

    def end(self, grant: Grant) -> None:
        """End a grant with all its tokens."""
        grant.is_ended = True

    def of_token(self, token: str) -> Grant | None:
        """Find the grant of a token of either kind."""
        return self._by_refresh.get(token) or self._by_access.get(token)

    def _issue(self, grant: Grant) -> dict[str, object]:
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        grant.refresh_token = refresh
        grant.access[access] = time.monotonic() + self.access_seconds
        self._by_refresh[refresh], self._by_access[access] = grant, grant
        while len(grant.access) > LIVING_ACCESS_TOKENS:
            oldest = next(iter(grant.access))
            del grant.access[oldest], self._by_access[oldest]
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": self.access_seconds,
            "refresh_token": refresh,
            "scope": grant.scope,
        }
