"""Which connections runs used: asked of an index, for those that their definitions name."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from connections.models import Connection
from workspaces import isolation

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from workflows.models import Run

_NAMED = """
WITH shown AS MATERIALIZED (
    SELECT * FROM unnest(%(runs)s::uuid[], %(versions)s::uuid[]) AS r (id, version_id)
), named AS MATERIALIZED (
    SELECT once.version_id, found.connection_id
    FROM (SELECT DISTINCT version_id FROM shown) AS once
    CROSS JOIN LATERAL (
        SELECT v.definition FROM workflows_version AS v WHERE v.id = once.version_id LIMIT 1
    ) AS version
    CROSS JOIN LATERAL (
        SELECT DISTINCT one #>> '{}' AS connection_id
        FROM jsonb_path_query(version.definition, '$.nodes[*].settings.connection_id') AS one
    ) AS found
    WHERE found.connection_id ~ %(uuid)s
)
SELECT shown.id, used.connection_id, used.connection_name
FROM shown JOIN named ON named.version_id = shown.version_id
CROSS JOIN LATERAL (
    SELECT s.connection_id, s.connection_name FROM workflows_step AS s
    WHERE s.workspace_id = %(workspace)s AND s.run_id = shown.id
      AND s.connection_id = CASE WHEN named.connection_id ~ %(uuid)s
                            THEN named.connection_id::uuid END
    LIMIT 1
) AS used
ORDER BY shown.id, used.connection_name, used.connection_id
"""
_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


class Used(NamedTuple):
    """A connection that a run used: its name then, and its row, if that is still there."""

    name: str
    connection: Connection | None


def by(workspace_id: uuid.UUID, runs: Sequence[Run]) -> dict[uuid.UUID, list[Used]]:
    """List the connections that each of these runs used, by name."""
    asked = {
        "workspace": workspace_id,
        "runs": [run.pk for run in runs],
        "versions": [run.version_id for run in runs],
        "uuid": _UUID,
    }
    with isolation.workspace(workspace_id):
        found = isolation.ask(workspace_id, _NAMED, asked) if runs else []
        rows = Connection.objects.filter(workspace_id=workspace_id).select_related("owner")
        known = rows.in_bulk({connection_id for _, connection_id, _ in found})
    used: dict[uuid.UUID, list[Used]] = defaultdict(list)
    for run_id, connection_id, name in found:
        used[run_id].append(Used(name, known.get(connection_id)))
    return used
