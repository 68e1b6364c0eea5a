"""What is no longer kept of deliveries: bodies after days, keys after a week, all on removal.

In turns of some rows, each committed, so that nothing waits long for a lock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q

from connections.models import Connection, Hook
from workspaces import isolation

if TYPE_CHECKING:
    import uuid

MOST_AT_ONCE = 1_000
REASON = "deliveries past their time"

_BEGINNING = datetime.min.replace(tzinfo=UTC)

# What another transaction holds is left for the next time, and what it changed is looked at again
# before it is locked here: a key that is put to use once more at this moment stays.
_KEYS = """
WITH old AS MATERIALIZED (
    SELECT id FROM connections_deliverykey WHERE expires_at < %(before)s
    ORDER BY expires_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
DELETE FROM connections_deliverykey AS k USING old WHERE k.id = old.id RETURNING k.expires_at
"""

# One connection's, along the index by which they are listed.
_OLD = """
WITH old AS MATERIALIZED (
    SELECT id FROM connections_delivery
    WHERE workspace_id = %(workspace)s AND connection_id = %(connection)s
      AND received_at >= %(after)s AND received_at < %(before)s
      AND {which}
    ORDER BY received_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
{act} old WHERE d.id = old.id RETURNING d.received_at
"""
_BODIES = _OLD.format(
    which="sealed IS NOT NULL AND settled_at IS NOT NULL",
    act="UPDATE connections_delivery AS d SET sealed = NULL FROM",
)
_ROWS = _OLD.format(
    which="settled_at IS NOT NULL", act="DELETE FROM connections_delivery AS d USING"
)
_TELLING = _OLD.format(
    which="""(sealed IS NOT NULL OR headers <> '[]' OR address IS NOT NULL
           OR sender_id <> '' OR content_type <> '')""",
    act="""UPDATE connections_delivery AS d
SET sealed = NULL, headers = '[]', address = NULL, sender_id = '', content_type = '' FROM""",
)


def of_removed(connection: Connection) -> None:
    """Take a removed connection's hook away, and forget what came in, in the scope.

    The rows of deliveries stay, without what they carried and who sent them. Of many only the first
    turn is done here: nobody is shown the rest, and `past` forgets it. Keys end by themselves.
    """
    Hook.objects.filter(connection=connection).delete()
    _turn(_TELLING, connection.workspace_id, connection.pk, _BEGINNING, _far())


def past(*, now: datetime) -> int:
    """Forget, in all workspaces, what is past its time; return how many rows that touched.

    A body whose delivery still waits to be handed over is kept, unless its connection is removed.
    """
    bodies = now - timedelta(days=settings.HOOK_BODY_DAYS)
    rows = now - timedelta(days=settings.HOOK_DELIVERY_DAYS)
    touched = _keys(before=now)
    for workspace_id, connection_id, removed_at in _hooked(since=rows):
        place = (workspace_id, connection_id)
        touched += _in_turns(_ROWS, *place, before=rows)
        if removed_at is not None:
            touched += _in_turns(_TELLING, *place, before=_far())
        touched += _in_turns(_BODIES, *place, before=bodies)
    return touched


def _hooked(*, since: datetime) -> list[tuple[uuid.UUID, uuid.UUID, datetime | None]]:
    """List the connections that deliveries of are there: with a hook, or removed lately."""
    with isolation.everything(reason=REASON, is_routine=True):
        is_lately = Q(removed_at__gt=since - timedelta(days=30))
        rows = Connection.objects.filter(Q(hook__isnull=False) | is_lately)
        return list(rows.values_list("workspace_id", "pk", "removed_at"))


def _keys(*, before: datetime) -> int:
    touched, found = 0, MOST_AT_ONCE
    while found == MOST_AT_ONCE:
        asked = {"before": before, "most": MOST_AT_ONCE}
        found = len(isolation.ask_everywhere(_KEYS, asked, reason=REASON))
        touched += found
    return touched


def _in_turns(
    statement: str, workspace_id: uuid.UUID, connection_id: uuid.UUID, *, before: datetime
) -> int:
    """Run a statement, each time from where it came to, until it finds less than its most."""
    touched, after, found = 0, _BEGINNING, MOST_AT_ONCE
    while found == MOST_AT_ONCE:
        moments = _turn(statement, workspace_id, connection_id, after, before)
        touched, found = touched + len(moments), len(moments)
        after = max(moments, default=after)
    return touched


def _turn(
    statement: str,
    workspace_id: uuid.UUID,
    connection_id: uuid.UUID,
    after: datetime,
    before: datetime,
) -> list[datetime]:
    asked = {"workspace": workspace_id, "connection": connection_id, "most": MOST_AT_ONCE}
    asked |= {"after": after, "before": before}
    return [row[0] for row in isolation.ask(workspace_id, statement, asked)]


def _far() -> datetime:
    return datetime.max.replace(tzinfo=UTC)
