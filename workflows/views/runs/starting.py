"""What started a run, on its page."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from connections import access
from workflows.definition import settings as kinds
from workflows.references import is_id
from workflows.runs import brought, graphs
from workflows.views.runs import step

if TYPE_CHECKING:
    from connections.models import Connection
    from workflows.models import Run
    from workspaces.access import WorkspaceRequest


def data(request: WorkspaceRequest, run: Run) -> dict[str, Any]:
    """Show what the trigger brought; of a private webhook to whoever may see that."""
    connection = _webhook(run)
    if connection is not None and not access.may_see(request.membership, connection):
        return {"hidden_by": access.shown_name(request.membership, connection)}
    return {"found": brought.shown(run)}


def _webhook(run: Run) -> Connection | None:
    """Find the webhook connection that the run's version listens to."""
    graph = graphs.of(run.workspace_id, run.version_id)
    settings = graph.triggers[0].settings if graph.triggers else None
    start = settings.start if isinstance(settings, kinds.Trigger) else None
    named = start.connection_id if isinstance(start, kinds.FromWebhook) else None
    return step.find_connection(run, uuid.UUID(named)) if named and is_id(named) else None
