"""The page of all workflows: search, filters, sorting and paging, all in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflows import listing
from workflows.listing import Choice, Listing
from workflows.views import rows
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    from django.http import HttpResponse

CHIPS = {
    "": "All",
    "enabled": "Enabled",
    "disabled": "Disabled",
    "attention": "Needs attention",
}


@require_safe
@requires(Permission.SEE)
def index(request: WorkspaceRequest) -> HttpResponse:
    """List the workflows; htmx gets the table alone."""
    found = Listing(request.workspace, Choice.of(request.GET.dict()))
    context = _table(request, found)
    if request.htmx and request.htmx.target == "table":  # type: ignore[attr-defined]
        return render(request, "workflows/_table.html", context)
    return render(request, "workflows/list.html", context | _around(request, found))


def _table(request: WorkspaceRequest, found: Listing) -> dict[str, Any]:
    page = found.page(request.GET.get("page"))
    beside = rows.Beside(
        connections=listing.connections_of([row.pk for row in page]),
        triggers=listing.triggers_of(page),
        runs=listing.last_runs([row.pk for row in page]),
    )
    return {
        "rows": [rows.shown(request, row, beside=beside) for row in page],
        "page": page,
        "query": _query(request, page=""),
        "sort": found.choice.sort,
        "chips": _chips(request, found),
        "clear_url": request.path,
    }


def _around(request: WorkspaceRequest, found: Listing) -> dict[str, Any]:
    kept = ("state", "sort")
    return {
        "has_any": bool(found.counts[""]) or found.choice.is_narrowed,
        "search": found.choice.search,
        "tag_choices": [
            {"value": tag, "label": tag, "is_selected": tag == found.choice.tag}
            for tag in sorted({*found.tags, found.choice.tag} - {""}, key=str.casefold)
        ],
        "kept_query": [(name, request.GET[name]) for name in kept if request.GET.get(name)],
    }


def _chips(request: WorkspaceRequest, found: Listing) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "count": found.counts[state],
            "url": f"{request.path}?{_query(request, state=state, page='')}",
            "is_current": found.choice.state == state,
        }
        for state, label in CHIPS.items()
        if not state or found.counts[state] or found.choice.state == state
    ]


def _query(request: WorkspaceRequest, **changes: str) -> str:
    query = request.GET.dict() | changes
    return urlencode({name: value for name, value in query.items() if value})
