"""The page of all connections: search, filters, sorting and paging, all in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.shortcuts import render
from django.views.decorators.http import require_safe

from connections import progress, usage
from connections.listing import Choice, Listing
from connections.models import BROKEN_FIRST
from connections.views import cards, showing
from connectors import registry
from spojit.lib import clock
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    from django.http import HttpResponse

POPULAR = ("github", "stripe", "postgresql")


@require_safe
@requires(Permission.SEE)
def index(request: WorkspaceRequest) -> HttpResponse:
    """List the connections; htmx gets the table alone."""
    found = Listing(request.membership, Choice.of(request.GET.dict()))
    context = _table(request, found)
    if request.htmx and request.htmx.target == "table":  # type: ignore[attr-defined]
        return render(request, "connections/_table.html", context)
    return render(request, "connections/list.html", context | _around(request, found))


def _table(request: WorkspaceRequest, found: Listing) -> dict[str, Any]:
    slug, membership = request.workspace.slug, request.membership
    page = found.page(request.GET.get("page"))
    counts = usage.counts([row.pk for row in page])
    rows = [
        showing.row(row, slug=slug, membership=membership, used_by=counts.get(row.pk, 0))
        for row in page
    ]
    now = clock.now()
    is_moving = any(progress.is_verifying(row, now=now) for row in page)
    return {
        "rows": rows,
        "page": page,
        "query": _query(request, page=""),
        "sort": found.choice.sort,
        "chips": _chips(request, found),
        "clear_url": request.path,
        "refresh_url": request.get_full_path() if is_moving else "",
    }


def _around(request: WorkspaceRequest, found: Listing) -> dict[str, Any]:
    slug = request.workspace.slug
    has_any = bool(found.facets) or found.choice.is_narrowed
    connected = {} if found.choice.search else found.counts("connector")
    groups = cards.groups(slug, connected=connected)
    by_key = {card.key: card for group in groups for card in group.connectors}
    return {
        "has_any": has_any,
        "search": found.choice.search,
        "connector_choices": _connector_choices(found),
        "owner_choices": _owner_choices(found),
        "kept_query": [
            (name, request.GET[name]) for name in ("status", "sort") if request.GET.get(name)
        ],
        "popular": [by_key[key] for key in POPULAR if key in by_key],
        "available": groups,
    }


def _query(request: WorkspaceRequest, **changes: str) -> str:
    query = request.GET.dict() | changes
    return urlencode({name: value for name, value in query.items() if value})


def _chips(request: WorkspaceRequest, found: Listing) -> list[dict[str, Any]]:
    counts = found.counts("status")
    labels = [("", "All"), *((status.value, status.label) for status in BROKEN_FIRST)]
    return [
        {
            "label": label,
            "count": counts[value] if value else counts.total(),
            "url": f"{request.path}?{_query(request, status=value, page='')}",
            "is_current": found.choice.status == value,
        }
        for value, label in labels
        if not value or counts[value] or found.choice.status == value
    ]


def _connector_choices(found: Listing) -> list[dict[str, Any]]:
    keys = {facet.connector for facet in found.facets} | {found.choice.connector} - {""}
    names = sorted((registry.get(key).name, key) for key in keys)
    return [
        {"value": key, "label": name, "is_selected": key == found.choice.connector}
        for name, key in names
    ]


def _owner_choices(found: Listing) -> list[dict[str, Any]]:
    return [
        {
            "value": str(person.pk),
            "label": str(person),
            "is_selected": person.pk == found.choice.owner,
        }
        for person in sorted(found.owners.values(), key=lambda person: str(person).casefold())
    ]
