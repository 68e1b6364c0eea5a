"""Trying a tool from its page: the form is made from its schema, a worker makes the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from connections import access, tasks, tries
from connections.forms import ToolForm
from connections.models import Call, Connection
from connections.views import catalogue, finding
from connections.views.checklists import POLLING_ENDED
from spojit.lib.errors import Refused
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from connectors.manifest import Connector as Manifest, Tool


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE)
def tool(request: WorkspaceRequest, *, key: str, tool_key: str) -> HttpResponse:
    """Show a tool, or store a call that a worker makes."""
    manifest = finding.connector(key)
    found = finding.tool(manifest, tool_key)
    if request.method != "POST":
        return _page(request, manifest, found, _form(request, manifest, found), call=None)
    if not request.membership.may(Permission.USE_CONNECTIONS):
        raise PermissionDenied
    form = _form(request, manifest, found)
    call = _ask(request, form) if form.is_valid() else None
    if call and not request.htmx:  # type: ignore[attr-defined]
        return redirect(_try_url(request, call))
    return _page(request, manifest, found, form, call=call)


@require_safe
@requires(Permission.SEE)
def tried(
    request: WorkspaceRequest, *, key: str, tool_key: str, call_id: uuid.UUID
) -> HttpResponse:
    """Show what a call came to; htmx gets the answer alone, and status 286 ends its polling."""
    call = _call(request, key, tool_key, call_id)
    if request.htmx:  # type: ignore[attr-defined]
        status = POLLING_ENDED if call.is_finished else 200
        context = {"call": _shown_call(request, call)}
        return render(request, "connectors/_tool_result.html", context, status=status)
    manifest = finding.connector(key)
    found = finding.tool(manifest, tool_key)
    return _page(request, manifest, found, _form(request, manifest, found), call=call)


def _call(request: WorkspaceRequest, key: str, tool_key: str, call_id: uuid.UUID) -> Call:
    rows = Call.objects.filter(workspace_id=request.workspace.pk, connector_key=key, tool=tool_key)
    call: Call | None = rows.select_related("connection").filter(pk=call_id).first()
    if call is None:
        raise Http404
    if not access.may_see_call(request.membership, call):
        raise PermissionDenied
    return call


def _form(request: WorkspaceRequest, manifest: Manifest, found: Tool) -> ToolForm:
    return ToolForm(
        request.POST if request.method == "POST" else None,
        connector=manifest,
        tool=found,
        connections=_runnable(request, manifest, found),
        chosen=request.GET.get("connection", ""),
    )


def _runnable(request: WorkspaceRequest, manifest: Manifest, found: Tool) -> list[Connection]:
    """List the connections through which this member may run a tool."""
    rows = Connection.objects.present().filter(
        workspace_id=request.workspace.pk, connector_id=manifest.key
    )
    calling = [row for row in rows if not row.manifest_scheme.is_inbound]
    able = [row for row in calling if access.may_run(request.membership, row, found)]
    return sorted(able, key=lambda row: (row.needs_attention, row.name.casefold()))


def _ask(request: WorkspaceRequest, form: ToolForm) -> Call | None:
    connection = form.connection
    if connection:
        connection.workspace = request.workspace
    try:
        call = tries.request(
            request.workspace,
            connector_key=form.connector.key,
            connection=connection,
            tool=form.tool.key,
            arguments=form.arguments,
            actor=request.actor,
        )
    except Refused as refused:
        form.add_error(None, f"{refused.message} {refused.hint}".strip())
        return None
    tasks.announce_call(call)
    return call


def _page(
    request: WorkspaceRequest, manifest: Manifest, found: Tool, form: ToolForm, *, call: Call | None
) -> HttpResponse:
    why_not = _why_not(request, manifest, found, form)
    context = {
        "connector": catalogue.frame(request, manifest, tab="detail"),
        "tool": catalogue.shown_tool(request, manifest, found),
        "form": form,
        "may_run": not why_not,
        "may_not_run": why_not,
        "call": _shown_call(request, call) if call else None,
    }
    status = 422 if form.is_bound and call is None else 200
    return render(request, "connectors/tool.html", context, status=status)


def _why_not(request: WorkspaceRequest, manifest: Manifest, found: Tool, form: ToolForm) -> str:
    """Say why a member cannot run a tool here; nothing when they can."""
    if not request.membership.may(Permission.USE_CONNECTIONS):
        return "Viewers read; to run tools, ask an admin for the role of a member."
    if manifest.needs_connection != "required" or form.has_connections:
        return ""
    if found.effect == "read":
        return "Connect an account first; then the tool can be run through it."
    return "Tools that write run only through a connection of one's own. Ask its owner or an admin."


def _shown_call(request: WorkspaceRequest, call: Call) -> dict[str, Any]:
    shown: dict[str, Any] = {"is_running": not call.is_finished, "url": _try_url(request, call)}
    if not call.is_finished:
        return shown
    meaning = call.meaning
    return shown | {
        "word": "OK" if call.is_ok else "failed",
        "kind": "good" if call.is_ok else "bad",
        "status_code": call.status_code,
        "duration_ms": call.duration_ms,
        "sentence": "" if call.is_ok else meaning.sentence,
        "hint": "" if call.is_ok else meaning.hint,
        "detail": call.detail,
        "has_data": call.shown is not None or call.is_ok,
        "data": call.shown,
        "is_cut": call.is_cut,
    }


def _try_url(request: WorkspaceRequest, call: Call) -> str:
    where = {"slug": request.workspace.slug, "key": call.connector_key, "tool_key": call.tool}
    return reverse("connectors:try", kwargs=where | {"call_id": call.pk})
