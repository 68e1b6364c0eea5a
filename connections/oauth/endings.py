"""What only a person mends: a grant that the service has ended or narrowed.

Its last access token may live on for hours. That it still works changes nothing of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connections import credentials

if TYPE_CHECKING:
    from connections.models import Connection

_ENDED = frozenset({"credentials_refused", "answer_lost"})


def needs_person(connection: Connection) -> bool:
    """Whether to wait for a person, whatever calls are answered; in the workspace's scope."""
    if connection.status != "reauthorize":
        return False
    if connection.reason == "permission_missing":
        return True
    row = credentials.current(connection)
    return row is not None and row.tokens is not None and row.refresh_outcome in _ENDED
