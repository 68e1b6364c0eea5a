"""Where a connection is used, and everything that happened with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from connections import access, history, ledger, usage
from connections.models import Call, Check, Connection
from connections.views import finding
from connections.views.framing import frame
from connections.views.life import replace_url, shown_reference
from connectors.outcomes import MEANINGS
from spojit.lib.cursors import Cursor
from workspaces.access import WorkspaceRequest, requires
from workspaces.models import AuditEvent
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpResponse

    from connections.runs import Use

ROWS_ON_A_PAGE = 50
KINDS = {"calls": "Uses", "checks": "Verifications", "changes": "Changes"}
WEBHOOK_KINDS = {"changes": "Changes", "checks": "Verifications"}
"""A webhook makes no calls; its deliveries have a page of their own."""


@require_safe
@requires(Permission.SEE)
def usage_of(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """List every step of a workflow that uses a connection."""
    connection = finding.seen(request, connection_id)
    references = usage.references(connection)
    next_runs = [row.next_run_at for row in references if row.next_run_at and row.is_enabled]
    context = {
        "connection": frame(request, connection, tab="usage"),
        "references": [shown_reference(reference) for reference in references],
        "replace_url": replace_url(request, connection, references),
        "used_at": connection.used_at,
        "next_run_at": min(next_runs, default=None),
    }
    return render(request, "connections/usage.html", context)


@require_safe
@requires(Permission.SEE)
def activity(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """List calls, verifications or changes, the newest first, without any value."""
    connection = finding.seen(request, connection_id)
    kinds = WEBHOOK_KINDS if connection.manifest_scheme.is_inbound else KINDS
    asked = request.GET.get("kind", "")
    kind = asked if asked in kinds else next(iter(kinds))
    if kind == "calls":
        return _ledger(request, connection)
    rows = _ROWS[kind](connection)
    page = Paginator(rows, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    show = _SHOW[kind]
    context = {
        "connection": frame(request, connection, tab="activity"),
        "chips": _chips(request, connection, kind, kinds),
        "rows": [show(request, row) for row in page],
        "page": page,
        "query": urlencode({"kind": kind}),
    }
    return render(request, "connections/activity.html", context)


def _ledger(request: WorkspaceRequest, connection: Connection) -> HttpResponse:
    """List every use: which step of which run, or which person, by which credential, and how."""
    before = Cursor.read(request.GET.get("before", ""))
    found = ledger.page(connection, before=before)
    older = urlencode({"kind": "calls", "before": str(found.older)}) if found.older else ""
    context = {
        "connection": frame(request, connection, tab="activity"),
        "chips": _chips(request, connection, "calls", KINDS),
        "rows": [
            _call(request, row) if isinstance(row, Call) else _step(row) for row in found.rows
        ],
        "older_url": f"?{older}" if older else "",
        "newest_url": "?kind=calls" if before else "",
    }
    return render(request, "connections/activity.html", context)


def _step(use: Use) -> dict[str, Any]:
    meaning = MEANINGS.get(use.outcome)
    words = meaning.sentence.rstrip(".") if meaning else use.outcome.replace("_", " ")
    return {
        "what": use.tool,
        "url": use.path,
        "detail": use.detail,
        "outcome": words if use.is_over else "under way",
        "kind": ("good" if use.is_ok else "bad") if use.is_over else "",
        "by": use.by,
        "version": use.version,
        "duration_ms": use.duration_ms,
        "at": use.at,
    }


_ROWS: dict[str, Callable[[Connection], QuerySet[Any]]] = {
    "checks": lambda connection: Check.objects.filter(connection_id=connection.pk).order_by(
        "-at", "-pk"
    ),
    "changes": lambda connection: AuditEvent.objects.filter(
        workspace_id=connection.workspace_id, subject_id=connection.pk, act__in=list(history.ACTS)
    ).order_by("-at", "-pk"),
}


def _chips(
    request: WorkspaceRequest, connection: Connection, current: str, kinds: dict[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "count": _ROWS[kind](connection).count() if kind in _ROWS else None,
            "url": f"{request.path}?kind={kind}",
            "is_current": kind == current,
        }
        for kind, label in kinds.items()
    ]


def _call(request: WorkspaceRequest, call: Call) -> dict[str, Any]:
    is_open = access.may_see_call(request.membership, call)
    where = {"slug": request.workspace.slug, "key": call.connector_key, "tool_key": call.tool}
    url = reverse("connectors:try", kwargs=where | {"call_id": call.pk}) if is_open else ""
    return {
        "what": call.tool,
        "url": url,
        "detail": call.detail,
        "outcome": call.meaning.sentence.rstrip(".") if call.is_finished else "running",
        "kind": ("good" if call.is_ok else "bad") if call.is_finished else "",
        "by": call.actor_name,
        "version": call.credential_version,
        "duration_ms": call.duration_ms,
        "at": call.created_at,
    }


def _check(_request: WorkspaceRequest, check: Check) -> dict[str, Any]:
    event = history.event_of_check(check)
    return {
        "what": event.text,
        "url": "",
        "detail": check.called,
        "outcome": check.meaning.sentence.rstrip("."),
        "kind": event.kind,
        "by": check.actor_name or "Spojit",
        "version": check.credential_version,
        "duration_ms": check.duration_ms,
        "at": check.at,
    }


def _change(_request: WorkspaceRequest, event: AuditEvent) -> dict[str, Any]:
    told = history.event_of_act(event)
    return {
        "what": history.ACTS[event.act].words,
        "url": "",
        "detail": told.detail,
        "outcome": "",
        "kind": "",
        "by": event.actor_name,
        "version": event.details.get("version", 0),
        "duration_ms": 0,
        "at": event.at,
    }


_SHOW: dict[str, Callable[[WorkspaceRequest, Any], dict[str, Any]]] = {
    "checks": _check,
    "changes": _change,
}
