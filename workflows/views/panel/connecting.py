"""Choosing in a Connector step: connectors by search, a new connection, one for all steps."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from connections.models import Connection
from connections.views import showing as shown
from spojit.lib import clock
from workflows import drafts
from workflows.definition import editing
from workflows.forms.steps.connecting import connector_of
from workflows.views.panel import finding, offering, pages, showing
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from workflows.views.panel.finding import Chosen


@require_safe
@requires(Permission.SEE)
def connectors(request: WorkspaceRequest) -> HttpResponse:
    """List the connectors that fit what is typed."""
    search = request.GET.get("q", "")
    context = {"connectors": offering.connectors(request, search), "search": search}
    return render(request, "workflows/panel/_connectors.html", context)


@require_safe
@requires(Permission.BUILD_WORKFLOWS)
def arrival(request: WorkspaceRequest, *, workflow_id: uuid.UUID, node_id: str) -> HttpResponse:
    """Tell of a connection that this member made since; the page asks again and again.

    The panel chooses it as soon as it is Active; before that there is a button for it.
    """
    found = finding.editable(request, workflow_id, node_id)
    since = _moment(request.GET.get("since", ""))
    made = _made(request, found, since) if since else None
    context = {
        "since": (since or clock.now()).isoformat(),
        "url": showing.url(request, found, "arrival"),
        "panel_url": showing.url(request, found),
        "made": made,
        "status": shown.ShownStatus.of(made) if made else None,
        "is_ready": made is not None and made.status == "active",
    }
    return render(request, "workflows/panel/_arrival.html", context)


@require_POST
@requires(Permission.BUILD_WORKFLOWS)
def binding(request: WorkspaceRequest, *, workflow_id: uuid.UUID, node_id: str) -> HttpResponse:
    """Use this step's connection in every step of the workflow that calls the same service."""
    found = finding.editable(request, workflow_id, node_id)
    chosen = found.bound
    others = offering.elsewhere(request, found)
    if chosen is not None and others:
        mapping = dict.fromkeys(others, str(chosen.pk))
        drafts.edit(
            found.workflow,
            lambda definition: editing.bind(definition, mapping=mapping),
            said=f"Used {chosen.name} in {sum(others.values()) + 1} steps",
            actor=request.actor,
        )
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(showing.url(request, found))
    return pages.shown_anew(request, found)


def _made(request: WorkspaceRequest, found: Chosen, since: datetime) -> Connection | None:
    connector = connector_of(dict(found.node.given))
    if connector is None:
        raise Http404
    rows: Any = Connection.objects.present().filter(
        workspace_id=request.workspace.pk,
        connector_id=connector.key,
        owner_id=request.user.pk,
        created_at__gt=since,
    )
    made: Connection | None = (
        rows.exclude(scheme__startswith="webhook").order_by("-created_at", "pk").first()
    )
    return made


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
