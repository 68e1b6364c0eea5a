"""Invitations: sent, revoked, accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from spojit.lib import clock
from spojit.lib.errors import Refused
from workspaces import invitations as domain, tasks
from workspaces.access import WorkspaceRequest, is_signed_in, requires, signed_in
from workspaces.forms import InvitationForm, posted, refusals_in
from workspaces.models import Invitation
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpResponse, HttpResponseBase

LISTED = 100


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_MEMBERS)
def invitations(request: WorkspaceRequest) -> HttpResponse:
    """List invitations, and send one."""
    form = InvitationForm(posted(request), giver=request.membership)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            row = domain.invite(request.workspace, **form.cleaned_data, actor=request.actor)
            return _sent(request, row)
    rows = _invitations(request).order_by("-created_at")[:LISTED]
    shown = [_row(row, slug=request.workspace.slug, now=clock.now()) for row in rows]
    context = {"form": form, "rows": shown}
    status = 422 if form.errors else 200
    return render(request, "workspaces/invitations.html", context, status=status)


@require_POST
@requires(Permission.MANAGE_MEMBERS)
def invitation(request: WorkspaceRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Revoke an invitation."""
    row = get_object_or_404(_invitations(request), pk=invitation_id)
    try:
        domain.revoke(row, actor=request.actor)
        messages.success(request, f"The invitation for {row.email} was revoked.")
    except Refused as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    return redirect("workspaces:invitations", request.workspace.slug)


@require_POST
@requires(Permission.MANAGE_MEMBERS)
def invitation_sending(request: WorkspaceRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Send an invitation again, with a new link."""
    row = get_object_or_404(_invitations(request), pk=invitation_id)
    try:
        return _sent(request, domain.send_again(row, actor=request.actor))
    except Refused as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    return redirect("workspaces:invitations", request.workspace.slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: WorkspaceRequest, token: str) -> HttpResponseBase:
    """Show an invitation to whoever holds its link, and accept it."""
    if request.method == "POST":
        return _accept(request, token=token)
    try:
        found = domain.find(token)
    except domain.InvitationOver:
        return render(request, "workspaces/invitation_accept.html", status=404)
    return render(request, "workspaces/invitation_accept.html", _offer(request, found))


@signed_in
def _accept(request: WorkspaceRequest, token: str) -> HttpResponse:
    try:
        membership = domain.accept(token, user=request.user, address=request.client_address)
    except domain.InvitationOver:
        return render(request, "workspaces/invitation_accept.html", status=404)
    except domain.OtherAddress:
        context = _offer(request, domain.find(token))
        return render(request, "workspaces/invitation_accept.html", context, status=403)
    messages.success(request, f"Welcome to {membership.workspace}.")
    return redirect(membership.workspace)


def _sent(request: WorkspaceRequest, row: Invitation) -> HttpResponse:
    tasks.mail_notices.delay_on_commit()
    messages.success(request, f"An invitation is on its way to {row.email}.")
    return redirect("workspaces:invitations", request.workspace.slug)


def _invitations(request: WorkspaceRequest) -> QuerySet[Invitation]:
    rows: QuerySet[Invitation] = Invitation.objects.filter(workspace_id=request.workspace.pk)
    return rows


def _offer(request: WorkspaceRequest, found: Invitation) -> dict[str, Any]:
    back = urlencode({"next": request.path})
    return {
        "invitation": {
            "workspace": found.workspace.name,
            "invited_by": found.invited_by_name,
            "email": found.email,
            "role": found.get_role_display().lower(),
        },
        "may_accept": is_signed_in(request) and domain.is_for(found, request.user),
        "why_not": f"It is for {found.email}, which your account has not proven to be yours.",
        "signup_url": f"{reverse('account_signup')}?{back}",
        "login_url": f"{reverse('account_login')}?{back}",
    }


def _row(row: Invitation, *, slug: str, now: datetime) -> dict[str, Any]:
    state, kind = _state(row, now=now)
    where = {"slug": slug, "invitation_id": row.pk}
    may_act = not (row.accepted_at or row.revoked_at)
    return {
        "email": row.email,
        "role": row.get_role_display(),
        "state": state,
        "kind": kind,
        "invited_by": row.invited_by_name,
        "expires_at": row.expires_at,
        "revoke_url": may_act and reverse("workspaces:invitation", kwargs=where),
        "resend_url": may_act and reverse("workspaces:invitation_sending", kwargs=where),
    }


def _state(row: Invitation, *, now: datetime) -> tuple[str, str]:
    if row.accepted_at:
        return "accepted", "good"
    if row.revoked_at:
        return "revoked", ""
    if row.expires_at <= now:
        return "expired", "warn"
    return ("sent", "accent") if row.mailed_at else ("on its way", "accent")
