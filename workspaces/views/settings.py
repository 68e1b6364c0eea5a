"""A workspace's own settings, and its deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from workspaces import lifecycle
from workspaces.access import WorkspaceRequest, requires
from workspaces.forms import DeletionForm, SettingsForm, posted, refusals_in
from workspaces.models import Membership, Workspace
from workspaces.roles import Permission

if TYPE_CHECKING:
    from django.http import HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE)
def settings(request: WorkspaceRequest) -> HttpResponse:
    """Show the settings to every member; owners change them."""
    if not request.membership.may(Permission.MANAGE_WORKSPACE):
        return _read_only(request)
    form = SettingsForm(posted(request), initial=_values(request.workspace))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            lifecycle.describe(request.workspace, **form.cleaned_data, actor=request.actor)
            messages.success(request, "Saved.")
            return redirect("workspaces:settings", request.workspace.slug)
    status = 422 if form.errors else 200
    return render(request, "workspaces/settings.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_WORKSPACE)
def delete(request: WorkspaceRequest) -> HttpResponse:
    """Delete the workspace, once its name is typed."""
    form = DeletionForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form, "name"):
            typed = form.cleaned_data["name"]
            lifecycle.delete(request.workspace, typed_name=typed, actor=request.actor)
            messages.success(request, f"{request.workspace} was deleted.")
            return redirect("home")
    context = {"form": form, "breaks": _breaks(request), "cancel_url": _settings_url(request)}
    status = 422 if form.errors else 200
    return render(request, "workspaces/delete.html", context, status=status)


def _read_only(request: WorkspaceRequest) -> HttpResponse:
    if request.method == "POST":
        raise PermissionDenied
    workspace = request.workspace
    facts = [
        {"label": "Name", "value": workspace.name},
        {"label": "Address", "value": f"/w/{workspace.slug}/"},
        {"label": "Time zone", "value": workspace.time_zone},
        {"label": "Audit log kept for", "value": f"{workspace.audit_retention_days} days"},
    ]
    return render(request, "workspaces/settings.html", {"facts": facts})


def _values(workspace: Workspace) -> dict[str, Any]:
    return {
        "name": workspace.name,
        "time_zone": workspace.time_zone,
        "audit_retention_days": workspace.audit_retention_days,
    }


def _breaks(request: WorkspaceRequest) -> list[str]:
    others = Membership.objects.filter(workspace_id=request.workspace.pk).count() - 1
    people = "1 other member loses" if others == 1 else f"{others} other members lose"
    lost = [f"{people} access at once."] if others else []
    return ["Every connection is removed, and its credentials are destroyed.", *lost]


def _settings_url(request: WorkspaceRequest) -> str:
    return reverse("workspaces:settings", kwargs={"slug": request.workspace.slug})
