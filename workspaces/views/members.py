"""Members: who is here as what, and how they go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from spojit.lib.errors import Refused
from workspaces import members as domain
from workspaces.access import WorkspaceRequest, requires
from workspaces.forms import HeirForm, NewOwnerForm, posted, refusals_in, role_choices
from workspaces.models import Membership
from workspaces.roles import Permission, Role, may_give

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from workspaces.members import Member


@require_safe
@requires(Permission.SEE)
def members(request: WorkspaceRequest) -> HttpResponse:
    """List everybody."""
    rows = [_row(request, member) for member in domain.members(request.workspace)]
    return render(request, "workspaces/members.html", {"rows": rows})


@require_POST
@requires(Permission.MANAGE_MEMBERS)
def member(request: WorkspaceRequest, membership_id: uuid.UUID) -> HttpResponse:
    """Change a member's role."""
    row = get_object_or_404(_memberships(request), pk=membership_id)
    role = request.POST.get("role", "")
    try:
        if role in Role.values:
            domain.change_role(row, role=role, actor=request.actor)
            messages.success(request, f"{row.user} is now {Role(role).label.lower()}.")
            _warn_of_acting(request, row)
    except Refused as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
    return redirect("workspaces:members", request.workspace.slug)


def _warn_of_acting(request: WorkspaceRequest, row: Membership) -> None:
    """Name what goes on acting as somebody at a service, whatever their role is here."""
    names = [held.name for held in domain.holdings(row) if held.acts_as_person]
    if names:
        text = f"These connections go on acting as {row.user}: {', '.join(names[:10])}."
        messages.warning(request, f"{text} Let somebody else reconnect them if that is not meant.")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_MEMBERS)
def member_removal(request: WorkspaceRequest, membership_id: uuid.UUID) -> HttpResponse:
    """Remove a member, and say who takes over what is theirs."""
    row = get_object_or_404(_memberships(request), pk=membership_id)
    form = HeirForm(posted(request), heirs=domain.heirs(row))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            domain.remove(row, to=form.cleaned_data["to"], actor=request.actor)
            messages.success(request, f"{row.user} was removed.")
            return redirect("workspaces:members", request.workspace.slug)
    return _departure(request, "workspaces/member_removal.html", row, form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE)
def leave(request: WorkspaceRequest) -> HttpResponse:
    """Leave the workspace."""
    row = request.membership
    form = HeirForm(posted(request), heirs=domain.heirs(row))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            domain.leave(row, to=form.cleaned_data["to"])
            messages.success(request, f"You left {request.workspace}.")
            return redirect("home")
    return _departure(request, "workspaces/leave.html", row, form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_WORKSPACE)
def hand_over(request: WorkspaceRequest) -> HttpResponse:
    """Make another member an owner, and step back to admin."""
    people = [row.user for row in _memberships(request).exclude(pk=request.membership.pk)]
    form = NewOwnerForm(posted(request), people=people)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            taker = form.cleaned_data["to"]
            domain.hand_over_workspace(request.membership, to=taker, actor=request.actor)
            messages.success(request, f"{taker} is now an owner of {request.workspace}.")
            return redirect("workspaces:members", request.workspace.slug)
    shown = form if people else None
    context = {"form": shown, "cancel_url": _url("settings", request)}
    status = 422 if form.errors else 200
    return render(request, "workspaces/hand_over.html", context, status=status)


def _departure(
    request: WorkspaceRequest, template: str, row: Membership, form: HeirForm
) -> HttpResponse:
    holdings = domain.holdings(row)
    context = {
        "person": str(row.user),
        "holdings": holdings,
        "form": form if holdings or form.errors else None,
        "why_not": _why_not(request, row),
        "cancel_url": _url("members", request),
    }
    return render(request, template, context, status=422 if form.errors else 200)


def _why_not(request: WorkspaceRequest, row: Membership) -> dict[str, str] | None:
    if not domain.is_last_owner(row):
        return None
    return {
        "title": domain.LastOwner.message,
        "text": "Hand the workspace over first, or delete it.",
        "url": _url("hand_over", request),
        "label": "Hand over",
    }


def _row(request: WorkspaceRequest, member: Member) -> dict[str, Any]:
    row, giver = member.membership, Role(request.membership.role)
    is_you = row.pk == request.membership.pk
    may_change = may_give(giver, Role(row.role))
    return {
        "name": str(row.user),
        "email": row.user.email,
        "is_you": is_you,
        "role": row.get_role_display(),
        "roles": _roles(request, row) if may_change else [],
        "url": _url("member", request, membership_id=row.pk),
        "last_seen_at": row.last_seen_at,
        "connections": len(member.holdings),
        "connections_url": f"{_url('connections:list', request)}?owner={row.user_id}",
        "remove_url": _removal_url(request, row, is_you=is_you, may_change=may_change),
        "remove_label": "Leave" if is_you else "Remove",
    }


def _removal_url(
    request: WorkspaceRequest, row: Membership, *, is_you: bool, may_change: bool
) -> str:
    if is_you:
        return _url("leave", request)
    return _url("member_removal", request, membership_id=row.pk) if may_change else ""


def _roles(request: WorkspaceRequest, row: Membership) -> list[dict[str, Any]]:
    return [
        {"value": value, "label": label, "is_selected": value == row.role}
        for value, label in role_choices(request.membership)
    ]


def _memberships(request: WorkspaceRequest) -> Any:
    rows = Membership.objects.filter(workspace_id=request.workspace.pk)
    return rows.select_related("user", "workspace")


def _url(name: str, request: WorkspaceRequest, **arguments: Any) -> str:
    name = name if ":" in name else f"workspaces:{name}"
    return reverse(name, kwargs={"slug": request.workspace.slug, **arguments})
