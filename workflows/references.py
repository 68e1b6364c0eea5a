"""Which nodes use which connections: derived from versions, asked by connections' pages."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db.models import Count
from django.urls import reverse

from connections.models import Connection
from connections.usage import Reference as Use
from spojit.lib.ids import new_id
from workflows import schedules
from workflows.definition import read, settings as kinds
from workflows.models import Reference

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from workflows.definition import Graph
    from workflows.models import Version, Workflow

Place = tuple[str, str, str]
"""A node's ID, the ID of its connection as text, and its tool."""


def derive(workflow: Workflow) -> None:
    """Write the references of a workflow anew, from its live and latest versions, in the scope."""
    live, latest = _places(workflow.live), _places(workflow.latest)
    Reference.objects.filter(workflow=workflow).delete()
    names = live | latest
    known = _present(workflow, {connection_id for _, connection_id, _ in names})
    Reference.objects.bulk_create(
        Reference(
            id=new_id(),
            workspace_id=workflow.workspace_id,
            workflow=workflow,
            connection_id=connection_id,
            node_id=node_id,
            node_name=name,
            tool=tool,
            is_live=(node_id, connection_id, tool) in live,
            is_latest=(node_id, connection_id, tool) in latest,
        )
        for (node_id, connection_id, tool), name in names.items()
        if connection_id in known
    )


def used(graph: Graph) -> Iterator[tuple[Place, str]]:
    """Give each node of a graph that names a connection, with the node's name."""
    for node in graph.nodes:
        settings = node.settings
        if isinstance(settings, kinds.Connector) and settings.connection_id:
            yield (node.id, settings.connection_id, settings.tool), node.name
        elif isinstance(settings, kinds.Trigger):
            start = settings.start
            if isinstance(start, kinds.FromWebhook) and start.connection_id:
                yield (node.id, start.connection_id, ""), node.name


def find(connection: Connection) -> list[Use]:
    """List what uses a connection, by workflow and node; in the workspace's scope."""
    rows = Reference.objects.filter(connection=connection, workflow__removed_at=None)
    named = list(rows.select_related("workflow").order_by("workflow__name", "node_name", "pk"))
    next_at = schedules.next_run_at({row.workflow_id for row in named})
    slug = connection.workspace.slug
    return [_use(row, slug, next_at.get(row.workflow_id)) for row in named]


def count(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Count the nodes that use each of these connections; in the workspace's scope."""
    rows = Reference.objects.filter(connection_id__in=ids, workflow__removed_at=None)
    return dict(rows.values_list("connection_id").annotate(Count("pk")))


def _use(row: Reference, slug: str, next_at: datetime | None) -> Use:
    where = {"slug": slug, "workflow_id": row.workflow_id}
    return Use(
        workflow_id=row.workflow_id,
        workflow_name=row.workflow.name,
        node=row.node_name,
        tool=row.tool,
        is_enabled=row.workflow.is_enabled and row.is_live,
        path=reverse("workflows:designer", kwargs=where),
        next_run_at=next_at if row.is_live else None,
    )


def _places(version: Version | None) -> dict[Place, str]:
    return dict(used(read(version.definition)[0])) if version else {}


def _present(workflow: Workflow, ids: set[str]) -> set[str]:
    """Keep the IDs of connections that this workspace has, or had: none points elsewhere."""
    valid = [one for one in ids if is_id(one)]
    rows = Connection.objects.filter(workspace_id=workflow.workspace_id, pk__in=valid)
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


def is_id(text: str) -> bool:
    """Whether a text can be an ID at all."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
