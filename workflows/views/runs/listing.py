"""The page of all runs: filters and place in the address; it keeps itself fresh while any goes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.shortcuts import render
from django.views.decorators.http import require_safe

from connections import access
from connections.models import Connection
from spojit.lib.cursors import Cursor
from workflows.forms.runs import RunFilter
from workflows.models import RunStatus, Workflow
from workflows.views.runs import showing
from workflows.watching import listing, used
from workflows.watching.listing import Narrowed
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpResponse

    from workflows.watching.listing import Page

MOST_CHOICES = 500
"""Of workflows or connections in a list of choices; what is chosen is always among them."""


@require_safe
@requires(Permission.SEE)
def index(request: WorkspaceRequest) -> HttpResponse:
    """List runs, the newest first; htmx gets the table alone."""
    form = RunFilter(request.GET)
    narrowed = _narrowed(request, form)
    before, after = (Cursor.read(request.GET.get(end, "")) for end in ("before", "after"))
    found = listing.page(request.workspace, narrowed, before=before, after=after)
    context = _table(request, narrowed, found, is_newest=not (before or after))
    if request.htmx and request.htmx.target == "table":  # type: ignore[attr-defined]
        return render(request, "workflows/runs/_table.html", context)
    context |= _filters(request, form, narrowed)
    return render(request, "workflows/runs/list.html", context)


def _narrowed(request: WorkspaceRequest, form: RunFilter) -> Narrowed:
    form.is_valid()
    values = form.cleaned_data
    to_on = values.get("to")
    return Narrowed(
        status=values.get("status", ""),
        workflow_id=values.get("workflow"),
        connection_id=values.get("connection"),
        from_at=_midnight(request, values.get("from")),
        to_at=_midnight(request, to_on + timedelta(days=1) if to_on else None),
    )


def _midnight(request: WorkspaceRequest, day: date | None) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(request.workspace.time_zone))


def _table(
    request: WorkspaceRequest, narrowed: Narrowed, found: Page, *, is_newest: bool
) -> dict[str, Any]:
    connections = used.by(request.workspace.pk, found.rows)
    rows = [showing.row(request, run, connections.get(run.pk, [])) for run in found.rows]
    is_live = is_newest and any(not run.is_finished for run in found.rows)
    return {
        "rows": rows,
        "chips": _chips(request, narrowed),
        "newer_url": _at(request, after=found.newer),
        "older_url": _at(request, before=found.older),
        "newest_url": "" if is_newest else _at(request),
        "is_cut": found.is_cut,
        "looked_at": listing.MOST_LOOKED_AT,
        "is_narrowed": narrowed != Narrowed(),
        "clear_url": request.path,
        "refresh_url": request.get_full_path() if is_live else "",
    }


def _at(request: WorkspaceRequest, **place: Cursor | None) -> str:
    """Return the address of another page of the same list; empty when there is none."""
    if place and not any(place.values()):
        return ""
    return f"{request.path}?{_query(request, **{end: str(at) for end, at in place.items()})}"


def _query(request: WorkspaceRequest, **changes: str) -> str:
    query = {**request.GET.dict(), "before": "", "after": "", **changes}
    return urlencode({name: value for name, value in query.items() if value})


def _chips(request: WorkspaceRequest, narrowed: Narrowed) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "url": f"{request.path}?{_query(request, status=value)}",
            "is_current": narrowed.status == value,
        }
        for value, label in [("", "All"), *RunStatus.choices]
    ]


def _filters(request: WorkspaceRequest, form: RunFilter, narrowed: Narrowed) -> dict[str, Any]:
    values = form.cleaned_data
    return {
        "has_workflows": Workflow.objects.present()
        .filter(workspace_id=request.workspace.pk)
        .exists(),
        "workflow_choices": _workflows(request, narrowed),
        "connection_choices": _connections(request, narrowed),
        "from_on": _iso(values.get("from")),
        "to_on": _iso(values.get("to")),
        "status": narrowed.status,
        "errors": ["A filter was not understood and is left out."] if form.errors else [],
    }


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _workflows(request: WorkspaceRequest, narrowed: Narrowed) -> list[dict[str, Any]]:
    rows = Workflow.objects.filter(workspace_id=request.workspace.pk)
    pairs = rows.present().order_by("name", "pk").values_list("pk", "name")
    found = dict(pairs[:MOST_CHOICES])
    if narrowed.workflow_id:
        found |= dict(rows.filter(pk=narrowed.workflow_id).values_list("pk", "name"))
    return _choices(found.items(), narrowed.workflow_id)


def _connections(request: WorkspaceRequest, narrowed: Narrowed) -> list[dict[str, Any]]:
    rows = Connection.objects.filter(workspace_id=request.workspace.pk).select_related("owner")
    found = {row.pk: row for row in rows.present().order_by("name", "pk")[:MOST_CHOICES]}
    if narrowed.connection_id:
        found |= {row.pk: row for row in rows.filter(pk=narrowed.connection_id)}
    names = ((row.pk, access.shown_name(request.membership, row)) for row in found.values())
    return _choices(names, narrowed.connection_id)


def _choices(pairs: Iterable[tuple[Any, str]], selected: object) -> list[dict[str, Any]]:
    return [
        {"value": str(value), "label": label, "is_selected": value == selected}
        for value, label in sorted(pairs, key=lambda pair: pair[1].casefold())
    ]
