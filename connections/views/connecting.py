"""Connecting by an authorization: right after adding, after leaving half-way, and again later."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from connections import credentials, lifecycle
from connections.forms import RotateForm
from connections.oauth import attempts
from connections.views import accounts, adding, asking, checklists, finding, grants, showing
from connections.views.framing import frame
from connections.views.leaving import leave
from spojit.lib import clock
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from connections.forms import ScopesForm
    from connections.models import Connection, Credential

SHOWN_FOR = timedelta(hours=1)
"""How long the page goes on telling of the last attempt once that came to something."""


def added(request: WorkspaceRequest, connection: Connection) -> HttpResponse:
    """Show a new connection on its way to the service and back, or go there (again)."""
    base = grants.unfinished(connection) or credentials.current(connection)
    form, scopes = _forms(request, connection, base=base)
    if request.method == "POST" and form.is_valid() & scopes.is_valid():
        gone = leave(request, connection, scopes, form)
        if gone is not None:
            return gone
    context = _added_context(request, connection, form, scopes)
    return render(request, "connections/add.html", context, status=_status(request))


def reconnect(request: WorkspaceRequest, connection: Connection) -> HttpResponse:
    """Show what was authorized by whom and for what, and go to the service again."""
    if not grants.is_connected(connection):
        return redirect(showing.page(request.workspace.slug, connection, "added"))
    form, scopes = _forms(request, connection, base=credentials.current(connection))
    if request.method == "POST" and form.is_valid() & scopes.is_valid():
        gone = leave(request, connection, scopes, form)
        if gone is not None:
            return gone
    context = _reconnect_context(request, connection, form, scopes)
    return render(request, "connections/reconnect.html", context, status=_status(request))


@require_POST
@requires(Permission.SEE)
def abandon(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Remove a connection that nobody ever authorized: nothing can use it yet."""
    connection = finding.managed(request, connection_id)
    if grants.is_connected(connection) or not connection.manifest_scheme.is_grant:
        messages.error(request, "This connection was authorized meanwhile; it was not discarded.")
        return redirect(showing.page(request.workspace.slug, connection, "detail"))
    lifecycle.remove(connection, actor=request.actor)
    messages.success(request, f"{connection.name} was discarded.")
    return redirect("connections:list", request.workspace.slug)


def _forms(
    request: WorkspaceRequest, connection: Connection, *, base: Credential | None
) -> tuple[RotateForm, ScopesForm]:
    scheme = connection.manifest_scheme
    form = RotateForm(
        request.POST if request.method == "POST" else None,
        connector=connection.manifest,
        scheme=scheme,
        base=base,
        used_at=connection.used_at,
    )
    return form, asking.form(request, scheme, connection=connection)


def _status(request: WorkspaceRequest) -> int:
    return 422 if request.method == "POST" else 200


def _shared(
    request: WorkspaceRequest, connection: Connection, form: RotateForm, scopes: ScopesForm
) -> dict[str, Any]:
    manifest, scheme = connection.manifest, connection.manifest_scheme
    return {
        "form": form,
        "scopes_form": scopes,
        "fields": form.lines,
        "asked": asking.context(request, manifest, scheme, scopes, connection=connection),
        "action": request.path,
    }


def _added_context(
    request: WorkspaceRequest, connection: Connection, form: RotateForm, scopes: ScopesForm
) -> dict[str, Any]:
    slug, manifest = request.workspace.slug, connection.manifest
    is_back = attempts.newest(connection) is not None
    is_open = not grants.is_connected(connection)
    about = adding.about(request, manifest, connection.manifest_scheme)
    return about | _shared(request, connection, form, scopes) | {
        "schemes": [],
        "checklist": checklists.of(request, connection) if is_back else None,
        "is_unconnected": is_open and not is_back,
        "abandon_url": showing.page(slug, connection, "abandon") if is_open else "",
        "cancel_url": showing.page(slug, connection, "detail"),
        "connection": {"id": connection.pk, "name": connection.name},
        "other_account": accounts.context(request, connection),
    }  # fmt: skip


def _reconnect_context(
    request: WorkspaceRequest, connection: Connection, form: RotateForm, scopes: ScopesForm
) -> dict[str, Any]:
    slug = request.workspace.slug
    is_told = _is_told(connection)
    return _shared(request, connection, form, scopes) | {
        "connection": frame(request, connection, tab="credentials"),
        "grant": grants.context(connection, credentials.current(connection)),
        "is_form_open": bool(form.errors),
        "cancel_url": showing.page(slug, connection, "credentials"),
        "checklist": checklists.of(request, connection, is_rotation=True) if is_told else None,
        # Read after the checklist: one that says that it is over asks no more.
        "other_account": accounts.context(
            request, connection, staged=credentials.staged(connection)
        ),
    }


def _is_told(connection: Connection) -> bool:
    """Whether the last attempt is still worth showing: under way, waiting, or just over."""
    attempt, staged = attempts.newest(connection), credentials.staged(connection)
    if attempt is None:
        return False
    if attempt.finished_at is None or (staged and staged.tokens):
        return True
    return bool(attempt.finished_at > clock.now() - SHOWN_FOR)
