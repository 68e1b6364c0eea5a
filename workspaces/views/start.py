"""Where people begin: the first workspace, a new one, its first steps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from workspaces import first_steps, invitations, lifecycle
from workspaces.access import WorkspaceRequest, memberships_of, requires, signed_in
from workspaces.forms import WorkspaceForm, posted, refusals_in
from workspaces.roles import Permission

if TYPE_CHECKING:
    from django.http import HttpResponse

    from workspaces.models import Invitation, Membership

_NEVER = datetime.min.replace(tzinfo=UTC)


@require_safe
@signed_in
def home(request: WorkspaceRequest) -> HttpResponse:
    """Go to the workspace that was used last, or to the page that makes one."""
    memberships = memberships_of(request.user)
    if not memberships:
        return redirect("workspaces:create")
    return redirect(max(memberships, key=_seen_at).workspace)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def create(request: WorkspaceRequest) -> HttpResponse:
    """Make a workspace."""
    form = WorkspaceForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form, "name"):
            workspace = lifecycle.create(
                form.cleaned_data["name"], owner=request.user, actor=request.actor
            )
            return redirect("workspaces:welcome", workspace.slug)
    context = {
        "form": form,
        "waiting": [_waiting(row) for row in invitations.waiting_for(request.user)],
    }
    return render(request, "workspaces/create.html", context, status=_status(form.errors))


@require_safe
@requires(Permission.SEE)
def workspace_home(request: WorkspaceRequest) -> HttpResponse:
    """Go to the connections, or to the first steps while none was taken."""
    may_begin = request.membership.may(Permission.CREATE_CONNECTIONS)
    is_new = may_begin and not first_steps.has_begun(request.workspace)
    return redirect("workspaces:welcome" if is_new else "connections:list", request.workspace.slug)


@require_safe
@requires(Permission.SEE)
def welcome(request: WorkspaceRequest) -> HttpResponse:
    """Show the first steps."""
    steps = first_steps.shown(request.workspace)
    context = {"steps": steps, "done_count": sum(step.is_done for step in steps)}
    return render(request, "workspaces/welcome.html", context)


def _seen_at(membership: Membership) -> datetime:
    return membership.last_seen_at or _NEVER


def _waiting(row: Invitation) -> dict[str, str]:
    return {
        "workspace": row.workspace.name,
        "invited_by": row.invited_by_name,
        "url": reverse("workspaces:invitation_accept", kwargs={"token": invitations.token_of(row)}),
    }


def _status(errors: object) -> int:
    return 422 if errors else 200
