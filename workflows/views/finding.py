"""Finds what an address speaks of: 404 when it is not in this workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from workflows.models import Run, Workflow

if TYPE_CHECKING:
    import uuid

    from workspaces.access import WorkspaceRequest


def workflow(request: WorkspaceRequest, workflow_id: uuid.UUID) -> Workflow:
    """Find a workflow that was not deleted, with its live and latest versions and its draft."""
    rows = Workflow.objects.present().filter(workspace_id=request.workspace.pk)
    found: Workflow | None = (
        rows.select_related("live", "latest", "draft").filter(pk=workflow_id).first()
    )
    if found is None:
        raise Http404
    found.workspace = request.workspace
    return found


def run(request: WorkspaceRequest, run_id: uuid.UUID) -> Run:
    """Find a run with its workflow and version; of a deleted workflow, too."""
    rows = Run.objects.filter(workspace_id=request.workspace.pk)
    found: Run | None = rows.select_related("workflow", "version").filter(pk=run_id).first()
    if found is None:
        raise Http404
    found.workspace = found.workflow.workspace = request.workspace
    return found
