"""New workflows: an empty one, and one like another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from workflows import lifecycle, naming
from workflows.forms.naming import NameForm
from workflows.views import finding, paths
from workspaces.access import WorkspaceRequest, requires
from workspaces.forms import posted, refusals_in
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BUILD_WORKFLOWS)
def new(request: WorkspaceRequest) -> HttpResponse:
    """Ask for a name, and open the designer."""
    form = NameForm(posted(request))
    if form.is_bound and form.is_valid():
        with refusals_in(form, "name"):
            made = lifecycle.create(
                request.workspace, name=form.cleaned_data["name"], actor=request.actor
            )
            return redirect(paths.page(request.workspace.slug, made.pk, "designer"))
    context = {"form": form, "import_url": _url(request, "import"), "cancel_url": _home(request)}
    return render(request, "workflows/new.html", context, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BUILD_WORKFLOWS)
def duplicate(request: WorkspaceRequest, *, workflow_id: uuid.UUID) -> HttpResponse:
    """Make another workflow with the same steps."""
    workflow = finding.workflow(request, workflow_id)
    suggested = naming.free(request.workspace, base=f"{workflow.name} copy")
    form = NameForm(posted(request), initial={"name": suggested})
    if form.is_bound and form.is_valid():
        with refusals_in(form, "name"):
            made = lifecycle.duplicate(
                workflow, name=form.cleaned_data["name"], actor=request.actor
            )
            messages.success(request, f"{made.name} has the same steps as {workflow.name}.")
            return redirect(paths.page(request.workspace.slug, made.pk, "designer"))
    context = {"form": form, "workflow": workflow, "cancel_url": _home(request)}
    return render(request, "workflows/duplicate.html", context, status=_status(form))


def _home(request: WorkspaceRequest) -> str:
    return _url(request, "list")


def _url(request: WorkspaceRequest, name: str) -> str:
    return reverse(f"workflows:{name}", kwargs={"slug": request.workspace.slug})


def _status(form: NameForm) -> int:
    return 422 if form.is_bound else 200
