"""The page of a webhook connection: its URL, thirty days of deliveries, what happened, facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from connections import history, usage
from connections.inbound import counting, listeners
from connections.views import hooking, showing
from connections.views.framing import frame
from spojit.lib import clock, strips

if TYPE_CHECKING:
    from django.http import HttpResponse

    from connections.models import Connection, Credential
    from workspaces.access import WorkspaceRequest

MOST_EVENTS = 15
WORDS = {"accepted": "accepted", "duplicate": "repeated", "refused": "refused"}


def overview(request: WorkspaceRequest, connection: Connection) -> HttpResponse:
    """Show everything that matters about a webhook connection on one page."""
    hook = hooking.hook(request, connection)
    context = {
        "connection": frame(request, connection, tab="detail"),
        "panel": hooking.panel(request, connection),
        "hook": hook,
        "strip": strip(connection),
        "recent": hooking.recent(connection),
        "events": history.recent(connection, most=MOST_EVENTS),
        "facts": _facts(request, connection, repeats=hook["repeats"]),
    }
    return render(request, "connections/webhook/detail.html", context)


def strip(connection: Connection) -> strips.Strip:
    """Draw thirty days of deliveries."""
    days = counting.per_day(connection, now=clock.now())
    counts = [(day.on, (day.accepted, day.duplicates, day.refused)) for day in days]
    return strips.draw(counts, words=WORDS)


def _facts(
    request: WorkspaceRequest, connection: Connection, *, repeats: str
) -> list[dict[str, Any]]:
    slug, uses = request.workspace.slug, usage.references(connection)
    used_by = len({use.workflow_id for use in uses})
    versions = hooking.with_secret(connection)
    used = max((row.last_used_at for row in versions if row.last_used_at), default=None)
    return [
        {"label": "Scheme", "value": connection.manifest_scheme.label},
        {
            "label": "Secret",
            "value": _secret(versions),
            "url": showing.page(slug, connection, "credentials"),
        },
        {"label": "Repeats are known", "value": repeats},
        {
            "label": "Starts",
            "value": f"{used_by} workflow{'s' if used_by != 1 else ''}" if used_by else "nothing",
            "url": showing.page(slug, connection, "usage"),
        },
        {"label": "Senders wait for", "value": _waited_for(connection, uses)},
        {"label": "Last verified delivery", "at": used, "value": "none yet"},
        {"label": "Added", "at": connection.created_at},
    ]


def _waited_for(connection: Connection, uses: list[usage.Reference]) -> str:
    """Name the workflow whose answer senders wait for."""
    listener_id = listeners.waited_for().get(connection.pk) if uses else None
    names = [use.workflow_name for use in uses if use.workflow_id == listener_id]
    return f"the answer of {names[0]}" if names else "no workflow; they are answered at once"


def _secret(versions: list[Credential]) -> str:
    if not versions:
        return "none yet"
    newest, *older = versions
    told = [f"version {newest.version}", *(f"beside version {row.version}" for row in older)]
    return ", ".join(told)
