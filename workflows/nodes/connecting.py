"""Finds the connection of a step, in one question: a run asks this at every call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.db.models import JSONField

from connections.models import Connection
from spojit.lib.errors import Refused
from workspaces import isolation

if TYPE_CHECKING:
    import uuid

_FIELDS = [field for field in Connection._meta.concrete_fields if not field.generated]
_NAMES = [field.attname for field in _FIELDS]
_JSON = [place for place, field in enumerate(_FIELDS) if isinstance(field, JSONField)]
_FIND = f"""
SELECT {", ".join(str(field.column) for field in _FIELDS)} FROM connections_connection
WHERE id = %(id)s
"""  # noqa: S608 - names of columns


class ConnectionMissing(Refused):
    """There is no such connection in the workspace."""

    code = "connection_missing"
    message = "The connection of this step is not here."


def find(workspace_id: uuid.UUID, connection_id: str) -> Connection:
    """Find a connection, also one that was removed: calling through it says by whom.

    Raises:
        ConnectionMissing: there is none.
    """
    rows = isolation.ask(workspace_id, _FIND, {"id": connection_id})
    if not rows:
        raise ConnectionMissing
    values = list(rows[0])
    for place in _JSON:
        if isinstance(values[place], str):
            values[place] = json.loads(values[place])
    found: Connection = Connection.from_db("default", _NAMES, values)
    return found
