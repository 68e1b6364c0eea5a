"""A workflow's settings, and its removal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from connections.forms import RemovalForm
from workflows import dependents, lifecycle, schedules, tuning
from workflows.forms.naming import NameForm
from workflows.forms.settings import RunsForm, StableKeyForm, TagsForm
from workflows.views import finding, paths
from workflows.views.framing import frame
from workspaces.access import WorkspaceRequest, requires
from workspaces.forms import posted, refusals_in
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django import forms
    from django.http import HttpResponse

    from workflows.dependents import Dependents
    from workflows.models import Workflow


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BUILD_WORKFLOWS)
def settings(request: WorkspaceRequest, *, workflow_id: uuid.UUID) -> HttpResponse:
    """Show name, tags, how runs are conducted and the stable key; a POST changes what it names."""
    workflow = finding.workflow(request, workflow_id)
    name = request.POST.get("form", "") if request.method == "POST" else ""
    forms = _forms(request, workflow, name)
    if name in forms and forms[name].is_valid() and _keep(request, workflow, name, forms[name]):
        messages.success(request, "Saved.")
        return redirect(request.path)
    workflow = finding.workflow(request, workflow_id)
    context = {
        "workflow": frame(request, workflow, tab="settings"),
        "forms": forms,
        "remove_url": paths.page(request.workspace.slug, workflow.pk, "remove"),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "workflows/settings.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BUILD_WORKFLOWS)
def remove(request: WorkspaceRequest, *, workflow_id: uuid.UUID) -> HttpResponse:
    """Say what stops, and remove; the name is asked for while it is enabled."""
    workflow = finding.workflow(request, workflow_id)
    expected = workflow.name if workflow.is_enabled else ""
    form = RemovalForm(posted(request), expected=expected)
    if form.is_bound and form.is_valid():
        lifecycle.remove(workflow, actor=request.actor)
        messages.success(request, f"{workflow.name} is removed.")
        return redirect(reverse("workflows:list", kwargs={"slug": request.workspace.slug}))
    found = dependents.of(workflow)
    context = {
        "workflow": frame(request, workflow),
        "form": form,
        "action": request.path,
        "name_to_type": expected,
        "next_run_at": schedules.next_run_at([workflow.pk]).get(workflow.pk),
        "callers": _links(request, found.callers),
        "failing": _links(request, found.failing),
        "breaks": _breaks(workflow, found),
        "cancel_url": paths.page(request.workspace.slug, workflow.pk, "designer"),
    }
    return render(request, "workflows/remove.html", context, status=422 if form.is_bound else 200)


def _forms(request: WorkspaceRequest, workflow: Workflow, name: str) -> dict[str, forms.Form]:
    def data(one: str) -> Any:
        return request.POST if one == name else None

    return {
        "name": NameForm(data("name"), initial={"name": workflow.name}, auto_id="id_name_%s"),
        "tags": TagsForm(data("tags"), initial={"tags": ", ".join(workflow.tags)}),
        "runs": RunsForm(data("runs"), workflow=workflow),
        "key": StableKeyForm(data("key"), initial={"stable_key": workflow.stable_key}),
    }


def _keep(request: WorkspaceRequest, workflow: Workflow, name: str, form: forms.Form) -> bool:
    """Do what the form asks for; what is refused becomes an error of the form."""
    values, actor = form.cleaned_data, request.actor
    with refusals_in(form, {"name": "name", "tags": "tags", "key": "stable_key"}.get(name)):
        if name == "name":
            lifecycle.rename(workflow, name=values["name"], actor=actor)
        elif name == "tags":
            lifecycle.tag(workflow, tags=values["tags"], actor=actor)
        elif name == "key":
            tuning.rekey(workflow, stable_key=values["stable_key"], actor=actor)
        else:
            values["error_workflow_id"] = values.pop("error_workflow")
            tuning.tune(workflow, **values, actor=actor)
    return form.is_valid()


def _links(request: WorkspaceRequest, workflows: list[Workflow]) -> list[dict[str, Any]]:
    slug = request.workspace.slug
    return [
        {
            "name": row.name,
            "url": paths.page(slug, row.pk, "designer"),
            "is_enabled": row.is_enabled,
        }
        for row in workflows
    ]


def _breaks(workflow: Workflow, found: Dependents) -> list[str]:
    lines = ["Its versions can no longer be looked at or restored. Export it to keep a file."]
    if workflow.is_enabled:
        lines.insert(0, "It is enabled: what starts it now, starts nothing then.")
    if found.unfinished:
        many = "100 or more" if found.unfinished >= dependents.MOST_COUNTED else found.unfinished
        are = "run is" if found.unfinished == 1 else "runs are"
        lines.append(f"{many} {are} not finished, and will go on to the end.")
    if found.callers:
        lines.append("Runs of the workflows that have it as a step will fail there.")
    if found.failing:
        lines.append("The workflows that start it when a run fails will start nothing then.")
    return lines
