"""Trial runs from the designer: a form for the input, and the lights of the cards meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import trigger_client_event

from connections.views.checklists import POLLING_ENDED
from spojit.lib.errors import Refused
from workflows import drafts, tasks, trying, watching
from workflows.definition import read, settings as kinds
from workflows.forms.trial import TrialForm
from workflows.views import finding, paths
from workflows.views.designer import showing
from workflows.views.designer.cards import Light
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from workflows.models import Run, Workflow

REFUSED = 422


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BUILD_WORKFLOWS)
def run(request: WorkspaceRequest, *, workflow_id: uuid.UUID) -> HttpResponse:
    """Ask for the input of a trial run, or start one."""
    workflow = finding.workflow(request, workflow_id)
    sent = request.POST if request.method == "POST" else None
    form = TrialForm(sent, schema=_schema(workflow))
    started = _start(request, workflow, form) if sent is not None and form.is_valid() else None
    if started is None:
        status = 200 if sent is None else REFUSED
        return render(
            request, "workflows/designer/_run.html", _asked(request, workflow, form), status=status
        )
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(paths.run(request.workspace.slug, started.pk))
    answer = render(request, "workflows/designer/_strip.html", _strip(request, started))
    return trigger_client_event(answer, "run-started")


@require_safe
@requires(Permission.SEE)
def progress(
    request: WorkspaceRequest, *, workflow_id: uuid.UUID, run_id: uuid.UUID
) -> HttpResponse:
    """Show how far a run has come; status 286 ends the asking."""
    found = finding.run(request, run_id)
    if found.workflow_id != workflow_id:
        raise Http404
    status = POLLING_ENDED if found.is_finished else 200
    return render(request, "workflows/designer/_strip.html", _strip(request, found), status=status)


def _start(request: WorkspaceRequest, workflow: Workflow, form: TrialForm) -> Run | None:
    try:
        started = trying.run_draft(workflow, data=form.given, actor=request.actor)
    except Refused as refused:
        form.add_error(None, f"{refused.message} {refused.hint}".strip())
        return None
    tasks.announce()
    started.workflow = workflow
    return started


def _schema(workflow: Workflow) -> dict[str, Any] | None:
    graph, _ = read(drafts.of(workflow).definition)
    settings = graph.triggers[0].settings if graph.triggers else None
    start = settings.start if isinstance(settings, kinds.Trigger) else None
    return start.input if isinstance(start, kinds.Manual) else None


def _asked(request: WorkspaceRequest, workflow: Workflow, form: TrialForm) -> dict[str, Any]:
    _, problems = showing.checked(request, workflow, drafts.of(workflow))
    urls = showing.addresses(request.workspace.slug, workflow.pk)
    return {"form": form, "problems": problems, "urls": urls}


def _strip(request: WorkspaceRequest, found: Run) -> dict[str, Any]:
    lights = watching.lights(found)
    return {
        "run": showing.shown_run(request.workspace.slug, found),
        "lights": [Light.of(node_id, lights) for node_id in lights],
        "is_live": True,
    }
