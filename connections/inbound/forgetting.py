"""What is no longer kept of deliveries: bodies after days, keys after a week, all on removal.

In turns of some thousand rows, each committed, so that nothing waits long for a lock.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings

from connections.models import Connection, Hook
from spojit.lib.ids import LEAST
from workspaces import isolation

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

MOST_AT_ONCE = 1_000
REASON = "deliveries past their time"

# What another transaction holds is left for the next time; the condition is looked at once more
# when a row is locked, so a key that is put to use again at this moment stays.
_KEYS = """
WITH old AS MATERIALIZED (
    SELECT id FROM connections_deliverykey WHERE expires_at < %(before)s AND id > %(after)s
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
DELETE FROM connections_deliverykey AS k USING old WHERE k.id = old.id RETURNING k.id
"""
_BODIES = """
WITH old AS MATERIALIZED (
    SELECT id FROM connections_delivery
    WHERE received_at < %(before)s AND id > %(after)s
      AND sealed IS NOT NULL AND settled_at IS NOT NULL
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE connections_delivery AS d SET sealed = NULL FROM old WHERE d.id = old.id RETURNING d.id
"""
_ROWS = """
WITH old AS MATERIALIZED (
    SELECT id FROM connections_delivery
    WHERE received_at < %(before)s AND id > %(after)s AND settled_at IS NOT NULL
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
DELETE FROM connections_delivery AS d USING old WHERE d.id = old.id RETURNING d.id
"""
_OF_REMOVED = """
WITH old AS MATERIALIZED (
    SELECT id FROM connections_delivery
    WHERE workspace_id = %(workspace)s AND connection_id = %(connection)s AND id > %(after)s
      AND (sealed IS NOT NULL OR headers <> '[]' OR address IS NOT NULL
           OR sender_id <> '' OR content_type <> '')
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE connections_delivery AS d
SET sealed = NULL, headers = '[]', address = NULL, sender_id = '', content_type = ''
FROM old WHERE d.id = old.id RETURNING d.id
"""
_KEYS_OF_REMOVED = """
WITH old AS MATERIALIZED (
    SELECT id FROM connections_deliverykey
    WHERE workspace_id = %(workspace)s AND connection_id = %(connection)s AND id > %(after)s
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
DELETE FROM connections_deliverykey AS k USING old WHERE k.id = old.id RETURNING k.id
"""


def of_removed(connection: Connection) -> None:
    """Take a removed connection's hook away and forget the first of what came in, in the scope.

    The rows of deliveries stay, without what they carried and who sent them. Nobody is shown what
    is left of many, and `past` forgets it.
    """
    Hook.objects.filter(connection=connection).delete()
    place = {"workspace": connection.workspace_id, "connection": connection.pk}
    for statement in (_KEYS_OF_REMOVED, _OF_REMOVED):
        asked = place | {"after": LEAST, "most": MOST_AT_ONCE}
        isolation.ask(connection.workspace_id, statement, asked)


def past(*, now: datetime) -> int:
    """Forget, in all workspaces, what is past its time; return how many rows that touched.

    A body whose delivery still waits to be handed over is kept, unless its connection is removed.
    """
    bodies = now - timedelta(days=settings.HOOK_BODY_DAYS)
    rows = now - timedelta(days=settings.HOOK_DELIVERY_DAYS)
    touched = _in_turns(_KEYS, before=now)
    touched += sum(_rest_of_removed(*place) for place in _removed(since=rows))
    return touched + _in_turns(_ROWS, before=rows) + _in_turns(_BODIES, before=bodies)


def _removed(*, since: datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """List the connections that were removed while deliveries of theirs may be listed still."""
    with isolation.everything(reason=REASON, is_routine=True):
        rows = Connection.objects.filter(removed_at__gt=since - timedelta(days=1))
        return list(rows.values_list("workspace_id", "pk"))


def _rest_of_removed(workspace_id: uuid.UUID, connection_id: uuid.UUID) -> int:
    place = {"workspace": workspace_id, "connection": connection_id}
    return _in_turns(_KEYS_OF_REMOVED, **place) + _in_turns(_OF_REMOVED, **place)


def _in_turns(statement: str, **asked: Any) -> int:
    """Run a statement, each time from where it came to, until it finds less than its most."""
    touched, after, found = 0, LEAST, MOST_AT_ONCE
    while found == MOST_AT_ONCE:
        parameters = asked | {"after": after, "most": MOST_AT_ONCE}
        ids = isolation.ask_everywhere(statement, parameters, reason=REASON)
        touched, found = touched + len(ids), len(ids)
        after = max((row[0] for row in ids), default=after)
    return touched
