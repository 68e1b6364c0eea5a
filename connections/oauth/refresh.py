"""Tokens that are fresh when they are used: one caller renews, the others go on or wait.

In the margin before its end a living token is used and one renewal is started elsewhere. Only with
under 10 s of life do callers wait for the new one, at most 20 s, then fail as transient.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from connections import credentials, signals
from connections.oauth import claims, renewing, timing
from connectors.outcomes import MEANINGS, Outcome
from spojit.lib import clock
from spojit.lib.errors import Refused, UpstreamFailure
from workspaces import isolation

if TYPE_CHECKING:
    from datetime import datetime

    from connections.models import Connection, Credential

POLL_SECONDS = 0.05
POLL_AT_MOST_SECONDS = 0.5


class NotAuthorized(Refused):
    """A person has to authorize it first."""

    code = "not_authorized"
    message = "Nobody has authorized this connection yet."
    hint = "Connect it on its page."


class RefreshLate(UpstreamFailure):
    """No token lives and no new one came yet; it is tried again. `outcome` says why."""

    code = "refresh_late"
    message = "The authorization is being renewed, and that is late."
    hint = "Try again in a moment."
    transient = True

    def __init__(self, outcome: str = "") -> None:
        """Take the outcome of the last attempt; a timeout when there is none."""
        self.outcome = outcome or "timeout"
        super().__init__()


class RefreshRefused(Refused):
    """No token lives and none will come by itself. `outcome` says why."""

    code = "refresh_refused"
    message = "The authorization has ended."
    hint = "Reconnect."

    def __init__(self, outcome: str) -> None:
        """Take the name of the outcome."""
        self.outcome = outcome
        super().__init__()


def ensure_fresh(connection: Connection) -> Credential:
    """Make sure that a connection's tokens can be used now, renewing them if they cannot.

    Returns:
        The credential in use, not opened. One whose scheme has no tokens comes back as it is.

    Raises:
        NetworkInTransaction: called inside an open transaction.
        CredentialMissing: there is no credential.
        NotAuthorized: nobody authorized it yet.
        RefreshLate: no token lives and none came in 20 s; transient.
        RefreshRefused: no token lives and none will come by itself.
    """
    isolation.refuse_network_in_transaction()
    return fresh(connection, credentials.in_use(connection).credential)


def fresh(connection: Connection, row: Credential) -> Credential:
    """Do as `ensure_fresh` for a version that was just read."""
    scheme = connection.manifest_scheme
    if not scheme.has_tokens or row.sealed is None:
        return row
    if row.tokens is None:
        if scheme.is_grant:
            raise NotAuthorized
        return _wait_for_new(row)
    now = clock.now()
    if row.tokens_expire_at is None or row.tokens_expire_at - now >= timing.WAIT_BELOW:
        if _is_due(row, now=now):
            signals.refresh_wanted(connection, row)
        return row
    return _wait_for_new(row)


def after_refusal(connection: Connection, row: Credential) -> Credential | None:
    """Renew tokens that the service refused (401), once, unless somebody has done it already.

    Returns:
        The newer version of the tokens to try once more; None when there is none.
    """
    if not connection.manifest_scheme.has_tokens or row.tokens is None:
        return None
    try:
        return _wait_for_new(row, is_forced=True)
    except (RefreshLate, RefreshRefused):
        return None


def _is_due(row: Credential, *, now: datetime) -> bool:
    return row.refresh_due_at is not None and row.refresh_due_at <= now


def _wait_for_new(row: Credential, *, is_forced: bool = False) -> Credential:
    """Renew, or wait until whoever does it is done.

    Raises:
        RefreshLate, RefreshRefused: no newer revision came.
    """
    until, pause = time.monotonic() + timing.WAIT_AT_MOST.total_seconds(), POLL_SECONDS
    while True:
        claim = claims.claim(row)
        if claim is not None:
            outcome = renewing.renew(claim)
            return _newer(row, outcome)
        found = credentials.again(row)
        if found.revision != row.revision:
            return found
        if not _is_under_way(found):
            return _left(found, is_forced=is_forced)
        if time.monotonic() >= until:
            raise RefreshLate(found.refresh_outcome)
        time.sleep(pause)
        pause = min(pause * 1.5, POLL_AT_MOST_SECONDS)


def _newer(row: Credential, outcome: Outcome) -> Credential:
    """Read the row again after a renewal of one's own. Raises: as `_wait_for_new`."""
    found = credentials.again(row)
    if found.revision != row.revision:
        return found
    return _failed(outcome.name)


def _left(row: Credential, *, is_forced: bool) -> Credential:
    """Say what is left when nobody renews: a living token, or the last failure."""
    expire_at = row.tokens_expire_at
    if not is_forced and expire_at is not None and expire_at > clock.now():
        return row
    return _failed(row.refresh_outcome or "credentials_refused")


def _failed(name: str) -> Credential:
    if MEANINGS[name].transient:
        raise RefreshLate(name)
    raise RefreshRefused(name)


def _is_under_way(row: Credential) -> bool:
    return row.refresh_lease_until is not None and row.refresh_lease_until >= clock.now()
