"""Settings, handing over and removal: what changes a connection without touching its secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from connections import access, lifecycle, usage
from connections.forms import HandOverForm, NameForm, RemovalForm, SharingForm
from connections.lifecycle import NameMissing, NameTaken, NotAMember
from connections.views import finding, returning, showing
from connections.views.framing import frame
from workspaces.access import WorkspaceRequest, requires
from workspaces.models import Membership
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from connections.models import Connection
    from connections.usage import Reference

MOST_NAMED = 20


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE)
def settings(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Show name, sharing and identifiers; a POST changes the one that `form` names."""
    connection = finding.managed(request, connection_id)
    references = usage.references(connection)
    posted = request.POST.get("form", "") if request.method == "POST" else ""
    before = {"name": connection.name}
    name_form = NameForm(request.POST if posted == "name" else None, initial=before)
    sharing_form = SharingForm(
        request.POST if posted == "sharing" else None,
        is_used=bool(references),
        is_private=connection.is_private,
    )
    changed = _rename(request, connection, name_form) or _share(request, connection, sharing_form)
    if changed:
        return redirect(returning.back(request, connection, otherwise="settings"))
    context = {
        "connection": frame(request, connection, tab="settings"),
        "name_form": name_form,
        "sharing_form": sharing_form,
        "sharing_breaks": _names(references),
        "stable_key": connection.stable_key,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "connections/settings.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE)
def hand_over(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Make another member the owner."""
    connection = finding.managed(request, connection_id)
    form = HandOverForm(
        request.POST if request.method == "POST" else None, members=_heirs(connection)
    )
    if form.is_bound and form.is_valid() and _hand_over(request, connection, form):
        return redirect(_home(request, connection))
    context = {
        "connection": frame(request, connection),
        "form": form,
        "consequences": _hand_over_consequences(request, connection),
        "cancel_url": showing.page(request.workspace.slug, connection, "settings"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "connections/hand_over.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE)
def remove(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Say what breaks, and remove; the name is asked for when something does."""
    connection = finding.managed(request, connection_id)
    references = usage.references(connection)
    expected = connection.name if references else ""
    form = RemovalForm(request.POST if request.method == "POST" else None, expected=expected)
    if form.is_bound and form.is_valid():
        lifecycle.remove(connection, actor=request.actor)
        messages.success(
            request, f"{connection.name} is removed and its credentials are destroyed."
        )
        return redirect(_list(request))
    context = {
        "connection": frame(request, connection),
        "form": form,
        "action": request.path,
        "name_to_type": expected,
        "references": [shown_reference(reference) for reference in references],
        "replace_url": replace_url(request, connection, references),
        "replace_text": "What uses it goes on without a break when it uses another one first.",
        "breaks": [*_breaks(references), *_url_breaks(connection)],
        "cancel_url": _home(request, connection),
    }
    status = 422 if form.is_bound else 200
    return render(request, "connections/remove.html", context, status=status)


def shown_reference(reference: Reference) -> dict[str, Any]:
    """Show one place that uses a connection."""
    return {
        "url": reference.path,
        "workflow": reference.workflow_name,
        "node": reference.node,
        "tool": reference.tool,
        "state": "enabled" if reference.is_enabled else "disabled",
        "kind": "good" if reference.is_enabled else "",
        "next_run_at": reference.next_run_at,
    }


def replace_url(
    request: WorkspaceRequest, connection: Connection, references: list[Reference]
) -> str:
    """Return where another connection is put to use instead; empty for who may not, or no use."""
    may_build = request.membership.may(Permission.BUILD_WORKFLOWS)
    may_use = access.may_use(request.membership, connection)
    return usage.move_path(connection) if references and may_build and may_use else ""


def _rename(request: WorkspaceRequest, connection: Connection, form: NameForm) -> bool:
    if not form.is_bound or not form.is_valid():
        return False
    try:
        lifecycle.rename(connection, name=form.cleaned_data["name"], actor=request.actor)
    except (NameTaken, NameMissing) as refused:
        connection.refresh_from_db(fields=["name"])
        form.add_error("name", f"{refused.message} {refused.hint}".strip())
        return False
    messages.success(request, f"It is called {connection.name} now.")
    return True


def _share(request: WorkspaceRequest, connection: Connection, form: SharingForm) -> bool:
    if not form.is_bound or not form.is_valid():
        return False
    is_private = form.cleaned_data["is_private"]
    if is_private != connection.is_private:
        lifecycle.set_private(connection, is_private=is_private, actor=request.actor)
    who = "its owner and the admins" if is_private else "everyone in the workspace"
    messages.success(request, f"It may be used by {who}.")
    return True


def _hand_over(request: WorkspaceRequest, connection: Connection, form: HandOverForm) -> bool:
    heir = form.members[form.cleaned_data["owner"]].user
    try:
        lifecycle.hand_over(connection, to=heir, actor=request.actor)
    except NotAMember as refused:
        form.add_error("owner", refused.message)
        return False
    messages.success(request, f"{heir} owns {connection.name} now.")
    return True


def _heirs(connection: Connection) -> list[Membership]:
    """List the members who may own a connection, but for who owns it."""
    rows = Membership.objects.filter(workspace_id=connection.workspace_id).select_related("user")
    members = rows.exclude(user_id=connection.owner_id) if connection.owner_id else rows
    able = [row for row in members if row.may(Permission.MANAGE_OWN_CONNECTIONS)]
    return sorted(able, key=lambda row: str(row.user).casefold())


def _hand_over_consequences(request: WorkspaceRequest, connection: Connection) -> list[str]:
    is_own = connection.is_owned_by(request.user.pk)
    if not is_own or request.membership.may(Permission.MANAGE_ANY_CONNECTION):
        return []
    lost = "You can no longer edit, rotate or remove it."
    return [lost, "You can no longer see it."] if connection.is_private else [lost]


def _names(references: list[Reference]) -> list[str]:
    names = sorted({reference.workflow_name for reference in references})
    more = [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return [*names[:MOST_NAMED], *more]


def _breaks(references: list[Reference]) -> list[str]:
    if not references:
        return []
    workflows = {reference.workflow_id for reference in references}
    enabled = {reference.workflow_id for reference in references if reference.is_enabled}
    noun = "workflow uses" if len(workflows) == 1 else "workflows use"
    return [f"{len(workflows)} {noun} it, {len(enabled)} of them enabled."]


def _url_breaks(connection: Connection) -> list[str]:
    """Say that a webhook's address ends with it."""
    if not connection.manifest_scheme.is_inbound:
        return []
    return ["Its URL ends: whatever still sends there is told that there is nothing."]


def _home(request: WorkspaceRequest, connection: Connection) -> str:
    """Return the connection's page, or the list for who can no longer see it."""
    is_lost = connection.is_private and not connection.is_owned_by(request.user.pk)
    if is_lost and not request.membership.may(Permission.MANAGE_ANY_CONNECTION):
        return _list(request)
    return showing.page(request.workspace.slug, connection, "detail")


def _list(request: WorkspaceRequest) -> str:
    return reverse("connections:list", kwargs={"slug": request.workspace.slug})
