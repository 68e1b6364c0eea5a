"""Finds the connection of a step, with the credential that it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connections import credentials
from spojit.lib.errors import Refused

if TYPE_CHECKING:
    import uuid

    from connections.credentials import InUse
    from connections.models import Connection


class ConnectionMissing(Refused):
    """There is no such connection in the workspace."""

    code = "connection_missing"
    message = "The connection of this step is not here."


def find(workspace_id: uuid.UUID, connection_id: str) -> tuple[Connection, InUse]:
    """Find a connection, also one that was removed: calling through it says by whom.

    Raises:
        ConnectionMissing: there is none.
    """
    found = credentials.load(workspace_id, connection_id)
    if found is None:
        raise ConnectionMissing
    return found
