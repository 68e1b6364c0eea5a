"""The page that lets all or chosen steps use another connection instead: preview, then the act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from connections import access
from connections.views import finding as connections, showing
from spojit.lib.errors import Refused
from workflows import moving
from workflows.views import paths
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from connections.models import Connection
    from workflows.moving import Moved, Place

STANDS = {"live": "live", "latest": "latest version", "draft": "draft"}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.BUILD_WORKFLOWS)
def instead(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """List what uses a connection and what could stand in its place; a POST moves the chosen."""
    connection = connections.used(request, connection_id)
    fitting = moving.fitting(connection, actor=request.actor)
    to, refusal = _target(request, fitting), None
    if request.method == "POST" and to is not None:
        try:
            chosen = request.POST.getlist("chosen")
            moved = moving.move(connection, to=to, chosen=chosen, actor=request.actor)
            return _done(request, connection, to, moved)
        except Refused as refused:
            refusal = refused
    context = _context(request, connection, to, fitting) | {"refusal": refusal}
    status = 422 if request.method == "POST" else 200
    return render(request, "workflows/moving.html", context, status=status)


def _target(request: WorkspaceRequest, fitting: list[Connection]) -> Connection | None:
    """Find the connection that was chosen among those that fit; 404 when it is another one."""
    asked = request.POST.get("to") or request.GET.get("to")
    if not asked:
        return None
    found = next((row for row in fitting if str(row.pk) == asked), None)
    if found is None:
        raise Http404
    return found


def _context(
    request: WorkspaceRequest,
    connection: Connection,
    to: Connection | None,
    fitting: list[Connection],
) -> dict[str, Any]:
    slug = request.workspace.slug
    preview = moving.preview(connection, to=to, actor=request.actor)
    is_chosen = set(request.POST.getlist("chosen")) if request.method == "POST" else None
    return _head(request, connection) | {
        "to": _option(request, to, to) if to else None,
        "options": [_option(request, row, to) for row in fitting],
        "rows": [_row(slug, place, chosen=is_chosen) for place in preview.places],
        "held": preview.held,
        "may_move": to is not None and any(not place.problem for place in preview.places),
        "has_problems": any(place.problem for place in preview.places),
        "add_url": showing.add_page(slug, connection.connector_id),
        "duplicate_url": showing.page(slug, connection, "duplicate"),
    }


def _head(request: WorkspaceRequest, connection: Connection) -> dict[str, Any]:
    slug = request.workspace.slug
    shown = showing.row(connection, slug=slug, membership=request.membership)
    return {
        "connection": {
            "id": connection.pk,
            "name": connection.name,
            "url": shown["url"],
            "icon": shown["icon"],
            "connector_name": shown["connector_name"],
            "is_inbound": connection.manifest_scheme.is_inbound,
        },
        "action": reverse(
            "workflows:moving", kwargs={"slug": slug, "connection_id": connection.pk}
        ),
        "usage_url": showing.page(slug, connection, "usage"),
        "remove_url": showing.page(slug, connection, "remove"),
    }


def _option(
    request: WorkspaceRequest, row: Connection, chosen: Connection | None
) -> dict[str, Any]:
    shown = showing.row(row, slug=request.workspace.slug, membership=request.membership)
    return {
        "id": row.pk,
        "name": row.name,
        "environment": row.environment,
        "status": shown["status"],
        "account": shown["account"],
        "is_current": chosen is not None and row.pk == chosen.pk,
    }


def _row(slug: str, place: Place, *, chosen: set[str] | None) -> dict[str, Any]:
    return {
        "key": place.key,
        "workflow": place.workflow_name,
        "url": paths.page(slug, place.workflow_id, "designer"),
        "is_enabled": place.is_enabled,
        "node": place.node_name,
        "tool": place.tool,
        "stands_in": [STANDS[where] for where in place.stands_in],
        "problem": place.problem,
        "is_chosen": not place.problem and (chosen is None or place.key in chosen),
    }


def _done(
    request: WorkspaceRequest, connection: Connection, to: Connection, moved: Moved
) -> HttpResponse:
    """Say what became of it; a reload of that page moves nothing again."""
    slug = request.workspace.slug
    rows = [
        {
            "name": row.name,
            "url": paths.page(slug, row.pk, "designer"),
            "version": row.latest.number if row.latest else None,
            "is_live": row.live_id is not None and row.live_id == row.latest_id,
        }
        for row in moved.workflows
    ]
    context = _head(request, connection) | {
        "to": _option(request, to, to),
        "to_url": showing.page(slug, to, "usage"),
        "rows": rows,
        "steps": moved.steps,
        "is_left": moved.is_left,
        "may_remove": access.may_manage(request.membership, connection),
    }
    return render(request, "workflows/moved.html", context)
