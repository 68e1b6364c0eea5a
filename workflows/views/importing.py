"""Importing a workflow: its document first, then which connections it goes on with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core import signing
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from connections.views import showing
from connectors import registry
from connectors.registry import UnknownConnector
from workflows import naming, transfer
from workflows.forms.importing import BindingForm, DocumentForm, brought, carried
from workflows.views import paths
from workspaces.access import WorkspaceRequest, requires
from workspaces.forms import posted, refusals_in
from workspaces.roles import Permission

if TYPE_CHECKING:
    from django.http import HttpResponse

    from workflows.models import Workflow
    from workflows.transfer import Needed

STALE = "This page was open for too long. Choose the file once more."


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BUILD_WORKFLOWS)
def take(request: WorkspaceRequest) -> HttpResponse:
    """Take a document, and ask what its connections are here; then import it."""
    if request.POST.get("document"):
        return _bind(request)
    data = posted(request)
    form = DocumentForm(data, None if data is None else request.FILES)
    if form.is_bound and form.is_valid():
        with refusals_in(form, "text"):
            needed = transfer.needs(request.workspace, form.document, actor=request.actor)
            name = naming.free(request.workspace, base=form.document["name"])
            binding = BindingForm(initial={"name": name}, needed=needed)
            return _ask(request, form.document, binding)
    context = {"form": form, "cancel_url": _home(request)}
    status = 422 if form.is_bound else 200
    return render(request, "workflows/import.html", context, status=status)


def _bind(request: WorkspaceRequest) -> HttpResponse:
    try:
        document = brought(request.POST["document"])
    except signing.BadSignature:
        messages.error(request, STALE)
        return redirect(request.path)
    needed = transfer.needs(request.workspace, document, actor=request.actor)
    form = BindingForm(request.POST, needed=needed)
    if form.is_valid():
        with refusals_in(form):
            made = transfer.import_(
                request.workspace,
                document,
                bindings=form.bindings,
                actor=request.actor,
                name=form.cleaned_data["name"],
            )
            return _arrive(request, made)
    return _ask(request, document, form)


def _ask(request: WorkspaceRequest, document: Any, form: BindingForm) -> HttpResponse:
    context = {
        "form": form,
        "document": carried(document),
        "name": form["name"],
        "rows": [
            _row(request, one, form[f"connection_{place}"]) for place, one in enumerate(form.needed)
        ],
        "was_called": document["name"],
        "tags": document.get("tags", []),
        "cancel_url": _home(request),
    }
    status = 422 if form.is_bound else 200
    return render(request, "workflows/import_bindings.html", context, status=status)


def _arrive(request: WorkspaceRequest, workflow: Workflow) -> HttpResponse:
    if workflow.latest is not None and workflow.latest.is_sound:
        messages.success(request, f"{workflow.name} is imported. Enable it when it is to start.")
    else:
        left = f"{workflow.name} is imported as a draft: solve its problems to enable it."
        messages.warning(request, left)
    return redirect(paths.page(request.workspace.slug, workflow.pk, "designer"))


def _row(request: WorkspaceRequest, needed: Needed, field: Any) -> dict[str, Any]:
    """Show a connection that the document needs, and how a proposal for it was found."""
    try:
        manifest = registry.get(needed.connector_key)
        icon, connector_name = manifest.icon, manifest.name
        add_url = showing.add_page(request.workspace.slug, manifest.key)
    except UnknownConnector:
        icon, connector_name, add_url = None, needed.connector_key, ""
    return {
        "field": field,
        "name": needed.name,
        "icon": icon,
        "connector_name": connector_name,
        "is_known": icon is not None,
        "found": needed.found,
        "found_status": showing.ShownStatus.of(needed.found) if needed.found else None,
        "by": needed.by,
        "stable_key": needed.stable_key,
        "has_fitting": bool(needed.fitting),
        "add_url": add_url,
    }


def _home(request: WorkspaceRequest) -> str:
    return reverse("workflows:list", kwargs={"slug": request.workspace.slug})
