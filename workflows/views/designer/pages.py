"""The designer's page, and its canvas, which is asked again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflows.views import finding
from workflows.views.designer import showing
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

UNCHANGED = 204


@require_safe
@requires(Permission.SEE)
def designer(request: WorkspaceRequest, *, workflow_id: uuid.UUID) -> HttpResponse:
    """Show the draft of a workflow; `?step=` opens the panel of one step."""
    workflow = finding.workflow(request, workflow_id)
    context = showing.context(request, workflow)
    context["chosen"] = next(
        (one for one in context["canvas"].cards if one.node_id == request.GET.get("step")), None
    )
    return render(request, "workflows/designer/page.html", context)


@require_safe
@requires(Permission.SEE)
def canvas(request: WorkspaceRequest, *, workflow_id: uuid.UUID) -> HttpResponse:
    """Show the canvas anew, unless all is as it was `seen`, and tell what others did."""
    shown, is_poll = request.GET.get("seen", ""), "poll" in request.GET
    if is_poll and shown == showing.seen(workflow_id):
        return HttpResponse(status=UNCHANGED)
    workflow = finding.workflow(request, workflow_id)
    context = showing.context(request, workflow)
    number = shown.partition("-")[0]
    since = int(number) if number.isdecimal() else 0
    told = showing.news(request, workflow, since=since, polled=is_poll) if shown else []
    context["toasts"] = [("info", text) for text in told]
    return render(request, "workflows/designer/_state.html", context)
