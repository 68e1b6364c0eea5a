"""Trying one step, watching it, and pinning what it is taken to have given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from connections.views.checklists import POLLING_ENDED
from spojit.lib.errors import Refused
from workflows import tasks, trying
from workflows.models import Run
from workflows.views.panel import finding, gone, showing
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid
    from typing import Any

    from django.http import HttpResponse

    from workflows.views.panel.finding import Chosen

UNREADABLE = 422


@require_POST
@gone.told
@requires(Permission.BUILD_WORKFLOWS)
def try_(request: WorkspaceRequest, *, workflow_id: uuid.UUID, node_id: str) -> HttpResponse:
    """Do this step alone, for real, with pinned data or the last run's."""
    found = finding.editable(request, workflow_id, node_id)
    try:
        run = trying.try_step(found.workflow, node_id=node_id, actor=request.actor)
    except Refused as refused:
        return _output(request, found, status=UNREADABLE, refusal=refused)
    tasks.announce()
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(f"{showing.url(request, found)}?tab=output")
    return _output(request, found, run=run)


@require_safe
@gone.told
@requires(Permission.SEE)
def tried(
    request: WorkspaceRequest, *, workflow_id: uuid.UUID, node_id: str, run_id: uuid.UUID
) -> HttpResponse:
    """Show what became of a try; asked again until it is over."""
    found = finding.chosen(request, workflow_id, node_id)
    rows = Run.objects.filter(workflow=found.workflow, only_node_id=node_id)
    run = rows.filter(pk=run_id).first()
    if run is None or run.is_finished:
        return _output(request, found, status=POLLING_ENDED if request.htmx else 200)  # type: ignore[attr-defined]
    return _output(request, found, run=run)


@require_POST
@gone.told
@requires(Permission.BUILD_WORKFLOWS)
def pin(request: WorkspaceRequest, *, workflow_id: uuid.UUID, node_id: str) -> HttpResponse:
    """Pin what was typed as JSON, or take the pin away (`act=unpin`)."""
    found = finding.editable(request, workflow_id, node_id)
    typed = request.POST.get("data", "")
    try:
        if request.POST.get("act") == "unpin":
            trying.unpin(found.workflow, node_id=node_id, actor=request.actor)
        else:
            data = json.loads(typed)
            trying.pin(found.workflow, node_id=node_id, data=data, actor=request.actor)
    except ValueError:
        error = "This is not JSON."
        return _output(request, found, status=UNREADABLE, pin_text=typed, pin_error=error)
    except Refused as refused:
        return _output(request, found, status=UNREADABLE, refusal=refused, pin_text=typed)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(f"{showing.url(request, found)}?tab=output")
    return _output(request, found)


def _output(
    request: WorkspaceRequest,
    found: Chosen,
    *,
    status: int = 200,
    run: Run | None = None,
    **more: Any,
) -> HttpResponse:
    form = showing.form(request, found)
    if run is not None:
        more["run_url"] = showing.try_url(request, found, run.pk)
        more["run_status"] = run.get_status_display()
    return showing.answer(request, found, form, status=status, tab="output", **more)
