"""Lists of runs: narrowed, a page at a time by its keys, never counted.

Every combination of filters walks an index in the order of time. Of runs that used a connection so
many are looked at for one page: it may end before it is full, and says where to look on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from spojit.lib import ids
from spojit.lib.cursors import Cursor
from workflows.models import Run, RunStatus, Version, Workflow
from workspaces import isolation

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from workspaces.models import Workspace

PAGE = 50
MOST_LOOKED_AT = 500
_SEALED = {"data_sealed", "response_sealed"}
_FIELDS = [one for one in Run._meta.concrete_fields if one.attname not in _SEALED]
_NAMES = [one.attname for one in _FIELDS]
_COLUMNS = ", ".join(f"r.{one.column}" for one in _FIELDS)

# One short walk a status, for no index has the runs of all statuses in the order of time. It brings
# whole rows: for rows by their IDs the planner, blind to the wall, would read a workspace's all.
_WALK = """
SELECT found.* FROM unnest(%(statuses)s::text[]) AS wanted (status)
CROSS JOIN LATERAL (
    SELECT {columns} FROM workflows_run AS r
    WHERE {which} AND r.status = wanted.status
    ORDER BY r.created_at {order}, r.id {order} LIMIT %(most)s
) AS found
ORDER BY found.created_at {order}, found.id {order} LIMIT %(most)s
"""
_ALL = "SELECT true, false, walk.* FROM ({walk}) AS walk"

# Of few runs, those whose steps used a connection.
_FILTERED = """
WITH looked AS MATERIALIZED (
    SELECT row_number() OVER () AS place, walk.id FROM ({walk}) AS walk
), judged AS (
    SELECT looked.place, looked.id, hit.run_id IS NOT NULL AS fits
    FROM looked LEFT JOIN LATERAL (
        SELECT s.run_id FROM workflows_step AS s WHERE s.workspace_id = %(workspace)s
        AND s.connection_id = %(connection)s AND s.run_id = looked.id LIMIT 1
    ) AS hit ON true
), shown AS MATERIALIZED (
    SELECT * FROM judged WHERE fits OR place = %(most)s ORDER BY place LIMIT %(shown)s
)
SELECT shown.fits, shown.place = %(most)s, run.* FROM shown CROSS JOIN LATERAL (
    SELECT {columns} FROM workflows_run AS r WHERE r.id = shown.id LIMIT 1
) AS run ORDER BY shown.place
"""

# From one run that used a connection to the next; the order of their IDs is that of time.
_HOP = """
SELECT s.run_id FROM workflows_step AS s
WHERE s.workspace_id = %(workspace)s AND s.connection_id = %(connection)s AND s.run_id {where}
ORDER BY s.run_id {order} LIMIT 1
"""
_USED = """
WITH RECURSIVE used AS (
    SELECT ({first}) AS run_id, 1 AS place
    UNION ALL
    SELECT ({next}), used.place + 1 FROM used
    WHERE used.run_id IS NOT NULL AND used.place < %(most)s
)
SELECT run.fits, used.place = %(most)s, run.* FROM used
CROSS JOIN LATERAL (
    SELECT {columns}, coalesce({which} AND r.status = ANY(%(statuses)s::text[]), false) AS fits
    FROM workflows_run AS r WHERE r.id = used.run_id LIMIT 1
) AS run
WHERE run.fits OR used.place = %(most)s LIMIT %(shown)s
"""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What is asked for; `to_at` is the first moment that no longer counts."""

    status: str = ""
    workflow_id: uuid.UUID | None = None
    connection_id: uuid.UUID | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None

    @property
    def is_rare(self) -> bool:
        """Whether so few runs have this status that the connection's own are not walked."""
        return self.status not in {"", RunStatus.COMPLETED}


class Page(NamedTuple):
    """Runs, the newest first; where newer and older ones begin; whether it ended early."""

    rows: list[Run]
    newer: Cursor | None
    older: Cursor | None
    is_cut: bool = False


class _Found(NamedTuple):
    """A run that was come to: whether it is asked for, and whether no more were looked at."""

    fits: bool
    is_end: bool
    run: Run

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.run.created_at, self.run.pk)


def page(
    workspace: Workspace,
    narrowed: Narrowed,
    *,
    before: Cursor | None = None,
    after: Cursor | None = None,
) -> Page:
    """Read the page of runs older than `before`, or else newer than `after`, or the newest."""
    is_back = after is not None and before is None
    statement, asked = _question(workspace.pk, narrowed, edge=before or after, is_back=is_back)
    with isolation.workspace(workspace):
        found = [_found(*row) for row in isolation.ask(workspace.pk, statement, asked)]
        fitting = [one for one in found if one.fits]
        rows = _named([one.run for one in fitting[:PAGE]])
    is_cut = len(fitting) <= PAGE and bool(found) and found[-1].is_end
    last = found[-1] if is_cut else fitting[PAGE - 1] if len(fitting) > PAGE else None
    on = last.cursor if last else None
    first = fitting[0].cursor if fitting else before or after
    if is_back:
        return Page(rows[::-1], on, first, is_cut)
    return Page(rows, first if before else None, on, is_cut)


def _found(fits: bool, is_end: bool, *values: Any) -> _Found:  # noqa: FBT001 - a row
    run: Run = Run.from_db("default", _NAMES, values[: len(_NAMES)])
    return _Found(fits, is_end, run)


def _named(runs: list[Run]) -> list[Run]:
    """Bring the workflow and the version of each along."""
    workflows = Workflow.objects.in_bulk({run.workflow_id for run in runs})
    slim = Version.objects.defer("definition", "problems")
    versions = slim.in_bulk({run.version_id for run in runs})
    for run in runs:
        run.workflow, run.version = workflows[run.workflow_id], versions[run.version_id]
    return runs


def _question(
    workspace_id: uuid.UUID, narrowed: Narrowed, *, edge: Cursor | None, is_back: bool
) -> tuple[str, dict[str, Any]]:
    asked: dict[str, Any] = {
        "workspace": workspace_id,
        "workflow": narrowed.workflow_id,
        "connection": narrowed.connection_id,
        "statuses": [narrowed.status] if narrowed.status else RunStatus.values,
        "from": narrowed.from_at,
        "to": narrowed.to_at,
        "edge_at": edge.at if edge else None,
        "edge_id": edge.id if edge else None,
        "most": MOST_LOOKED_AT if narrowed.connection_id else PAGE + 1,
        "shown": PAGE + 1,
    }
    which = " AND ".join(_which(narrowed, has_edge=edge is not None, is_back=is_back))
    order = "ASC" if is_back else "DESC"
    if narrowed.connection_id and not narrowed.is_rare:
        begin = asked["begin"] = _begin(narrowed, edge=edge)
        asked["since"] = ids.first_id(narrowed.from_at) if narrowed.from_at else None
        than = ">" if is_back else "<"
        since = " AND s.run_id >= %(since)s" if narrowed.from_at else ""
        where = f"{than} %(begin)s" if begin else "IS NOT NULL"
        first = _HOP.format(where=where + since, order=order)
        hop = _HOP.format(where=f"{than} used.run_id{since}", order=order)
        return _USED.format(first=first, next=hop, which=which, columns=_COLUMNS), asked
    whole = _FILTERED if narrowed.connection_id else _ALL
    columns = "r.id, r.created_at" if narrowed.connection_id else _COLUMNS
    walk = _WALK.format(which=which, order=order, columns=columns)
    return whole.format(walk=walk, columns=_COLUMNS), asked


def _which(narrowed: Narrowed, *, has_edge: bool, is_back: bool) -> list[str]:
    """Say which runs count. Naming the workspace beside its wall lets an index give the order."""
    conditions = ["r.workspace_id = %(workspace)s"]
    if narrowed.workflow_id:
        conditions.append("r.workflow_id = %(workflow)s")
    if narrowed.from_at:
        conditions.append("r.created_at >= %(from)s")
    if narrowed.to_at:
        conditions.append("r.created_at < %(to)s")
    if has_edge:
        than = ">" if is_back else "<"
        conditions.append(f"(r.created_at, r.id) {than} (%(edge_at)s, %(edge_id)s)")
    return conditions


def _begin(narrowed: Narrowed, *, edge: Cursor | None) -> uuid.UUID | None:
    """Say from which ID on to walk: that of the edge, or the first one that is too new."""
    if edge is not None:
        return edge.id
    return ids.first_id(narrowed.to_at) if narrowed.to_at else None
