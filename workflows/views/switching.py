"""The switch that lets triggers start a workflow, and its file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from spojit.lib.errors import Refused
from workflows import lifecycle, transfer
from workflows.views import finding, returning
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from workflows.models import Workflow


@require_POST
@requires(Permission.BUILD_WORKFLOWS)
def enabling(request: WorkspaceRequest, *, workflow_id: uuid.UUID) -> HttpResponse:
    """Enable a workflow when `enable` is 1, else disable it, and go back to where one was."""
    workflow = finding.workflow(request, workflow_id)
    back = returning.back(request)
    try:
        said = _switch(request, workflow, is_enabled=request.POST.get("enable") == "1")
    except Refused as refusal:
        messages.error(request, f"{workflow.name}: {refusal.message} {refusal.hint}".strip())
        return HttpResponseClientRedirect(back) if request.htmx else redirect(back)  # type: ignore[attr-defined]
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, said)
    return redirect(back)


@require_safe
@requires(Permission.SEE)
def export(request: WorkspaceRequest, *, workflow_id: uuid.UUID) -> HttpResponse:
    """Send the latest version as a file, without what this member may not see."""
    workflow = finding.workflow(request, workflow_id)
    document = transfer.export(workflow, membership=request.membership)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    name = slugify(workflow.name)[:80] or "workflow"
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.workflow.json"'
    return response


def _switch(request: WorkspaceRequest, workflow: Workflow, *, is_enabled: bool) -> str:
    if is_enabled:
        lifecycle.enable(workflow, actor=request.actor)
        return f"{workflow.name} is enabled: its trigger starts runs now."
    lifecycle.disable(workflow, actor=request.actor)
    return f"{workflow.name} is disabled: nothing starts it any more."
