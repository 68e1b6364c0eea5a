"""Reads a connection with its credential in use, in one question: a run asks this at every call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.db.models import JSONField

from connections.credentials.borrowing import READ, InUse, Standing, row_of
from connections.models import Connection
from connections.models.credential import LIVE, State
from workspaces import isolation

if TYPE_CHECKING:
    import uuid

_FIELDS = [field for field in Connection._meta.concrete_fields if not field.generated]
_NAMES = [field.attname for field in _FIELDS]
_JSON = [place for place, field in enumerate(_FIELDS) if isinstance(field, JSONField)]
_LOAD = f"""
SELECT {", ".join(f"c.{field.column}" for field in _FIELDS)}, k.is_disabled, k.disabled_reason,
       {READ}
FROM connections_connection c
JOIN connectors_connector k ON k.key = c.connector_id
LEFT JOIN connections_credential v
       ON v.connection_id = c.id AND v.purpose = %(purpose)s AND v.state = %(state)s
WHERE c.id = %(connection)s
"""  # noqa: S608 - names of columns


def load(workspace_id: uuid.UUID, connection_id: str) -> tuple[Connection, InUse] | None:
    """Read both, the credential still sealed; also of a connection that was removed."""
    asked = {"connection": connection_id, "purpose": LIVE, "state": State.CURRENT.value}
    rows = isolation.ask(workspace_id, _LOAD, asked)
    if not rows:
        return None
    values, (is_disabled, reason), columns = _split(rows[0])
    connection: Connection = Connection.from_db("default", _NAMES, values)
    standing = Standing(
        removed_at=connection.removed_at,
        removed_by_name=connection.removed_by_name,
        name=connection.name,
        reason=connection.reason,
        is_disabled=is_disabled,
        disabled_reason=reason,
    )
    return connection, InUse(standing, row_of(connection, columns))


def _split(
    found: tuple[object, ...],
) -> tuple[list[object], tuple[bool, str], tuple[object, ...]]:
    values, many = list(found[: len(_FIELDS)]), len(_FIELDS)
    for place in _JSON:
        if isinstance(text := values[place], str):
            values[place] = json.loads(text)
    return values, (bool(found[many]), str(found[many + 1])), found[many + 2 :]
