"""The page of one connection: status, thirty days, what happened, facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.shortcuts import render
from django.views.decorators.http import require_safe

from connections import access, credentials, history, runs, usage
from connections.views import accounts, finding, hooked, showing, verifications
from connections.views.framing import frame
from connectors import hosts
from connectors.hosts import BadServiceUrl
from connectors.templates import Unfilled
from spojit.lib import charts, clock
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from connections.models import Connection

MOST_EVENTS = 15


@require_safe
@requires(Permission.SEE)
def overview(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Show everything that matters about a connection on one page."""
    connection = finding.seen(request, connection_id)
    if connection.manifest_scheme.is_inbound:
        return hooked.overview(request, connection)
    context = {
        "connection": frame(request, connection, tab="detail"),
        "panel": verifications.panel(request, connection),
        "other_account": accounts.context(
            request, connection, staged=credentials.staged(connection)
        ),
        "lacking": _lacking(request, connection),
        "chart": charts.draw(history.days(connection, today=clock.now().date())),
        "events": history.recent(connection, most=MOST_EVENTS),
        "facts": _facts(request, connection),
        "stopped": runs.stopped(connection),
        "may_rerun": _may_rerun(request, connection),
        "is_broken": connection.needs_attention,
    }
    return render(request, "connections/detail.html", context)


def _lacking(request: WorkspaceRequest, connection: Connection) -> dict[str, Any] | None:
    """Say which scopes workflows need that were not granted, and where to ask for them."""
    found = usage.lacking(connection)
    if not found:
        return None
    may_ask = access.may_manage(request.membership, connection)
    url = showing.page(request.workspace.slug, connection, "credential")
    if not connection.manifest_scheme.is_grant:
        return {"scopes": found, "url": url if may_ask else "", "label": "Rotate"}
    asked = urlencode({"scopes": [one.scope for one in found]}, doseq=True)
    label = "Reconnect with more scopes"
    return {"scopes": found, "url": f"{url}?{asked}" if may_ask else "", "label": label}


def _may_rerun(request: WorkspaceRequest, connection: Connection) -> bool:
    may_build = request.membership.may(Permission.BUILD_WORKFLOWS)
    return may_build and access.may_use(request.membership, connection)


def _facts(request: WorkspaceRequest, connection: Connection) -> list[dict[str, Any]]:
    slug, used_by = request.workspace.slug, len(usage.references(connection))
    scopes = ", ".join(connection.scopes) if connection.scopes else ""
    facts: list[dict[str, Any]] = [
        {"label": "Signs in by", "value": connection.manifest_scheme.label},
        {"label": "Address", "value": _address(connection)},
        {"label": "Account", "value": connection.account_name or connection.account_id},
        {"label": "Granted scopes", "value": scopes},
        {
            "label": "Used by",
            "value": f"{used_by} step{'s' if used_by != 1 else ''}" if used_by else "nothing yet",
            "url": showing.page(slug, connection, "usage"),
        },
        {"label": "Last used", "at": connection.used_at, "value": "never"},
        {"label": "Last checked", "at": connection.checked_at, "value": "not yet"},
        {"label": "Added", "at": connection.created_at},
    ]
    return [fact for fact in facts if fact.get("at") or fact.get("value")]


def _address(connection: Connection) -> str:
    """Say where requests go, from the values that are no secret."""
    current = credentials.current(connection)
    if current is None or not connection.manifest.is_http:
        return str(current.shown.get("host", "")) if current else ""
    try:
        return hosts.base(connection.manifest, current.shown)
    except (BadServiceUrl, Unfilled):
        return ""
