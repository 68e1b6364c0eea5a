"""The catalogue, and the pages of one connector: tools, this workspace's connections, about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Count
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from connections.models import Connection
from connections.views import cards, finding, showing
from connections.views.framing import Tab
from connectors import execution
from connectors.models import Connector
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    from django.http import HttpResponse

    from connections.views.cards import Card, Group
    from connectors.manifest import Connector as Manifest, Scheme, Tool

TABS = {"detail": "Tools", "connections": "Connections", "about": "About"}
LONGEST_SEARCH = 100


@require_safe
@requires(Permission.SEE)
def index(request: WorkspaceRequest) -> HttpResponse:
    """Show the connectors that fit a search, by category; htmx gets the cards alone."""
    search = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    connected = connected_counts(request)
    found = cards.groups(request.workspace.slug, connected=connected, search=search)
    shown = _of_category(found, request.GET.get("category", ""))
    if request.GET.get("open") == "first" and shown:
        return redirect(shown[0].connectors[0].url)
    context = {
        "groups": shown,
        "search": search,
        "clear_url": request.path,
        "http_url": showing.connector_page(request.workspace.slug, "http"),
    }
    if request.htmx and request.htmx.target == "cards":  # type: ignore[attr-defined]
        return render(request, "connectors/_cards.html", context)
    around = {"categories": _categories(request, found, search), "kept_query": _kept(request)}
    return render(request, "connectors/catalogue.html", context | around)


@require_safe
@requires(Permission.SEE)
def detail(request: WorkspaceRequest, *, key: str) -> HttpResponse:
    """List what a connector can do."""
    manifest = finding.connector(key)
    tools = [shown_tool(request, manifest, tool) for tool in manifest.tools]
    context = {
        "connector": frame(request, manifest, tab="detail"),
        "tools": tools,
        "is_receiving": any(scheme.is_inbound for scheme in manifest.schemes),
    }
    return render(request, "connectors/detail.html", context)


@require_safe
@requires(Permission.SEE)
def connections(request: WorkspaceRequest, *, key: str) -> HttpResponse:
    """List this workspace's connections to a connector."""
    manifest = finding.connector(key)
    rows = Connection.objects.present().filter(
        workspace_id=request.workspace.pk, connector_id=manifest.key
    )
    slug, membership = request.workspace.slug, request.membership
    context = {
        "connector": frame(request, manifest, tab="connections"),
        "rows": [
            showing.row(row, slug=slug, membership=membership)
            for row in rows.select_related("owner").order_by("created_at")[:200]
        ],
    }
    return render(request, "connectors/connections.html", context)


@require_safe
@requires(Permission.SEE)
def about(request: WorkspaceRequest, *, key: str) -> HttpResponse:
    """Say what to prepare, how to sign in, and where to read more."""
    manifest = finding.connector(key)
    context = {
        "connector": frame(request, manifest, tab="about"),
        "before_you_start": manifest.before_you_start,
        "documentation": manifest.documentation,
        "version": manifest.version,
        "schemes": [_scheme(manifest, scheme) for scheme in manifest.schemes],
    }
    return render(request, "connectors/about.html", context)


def frame(request: WorkspaceRequest, manifest: Manifest, *, tab: str = "") -> dict[str, Any]:
    """Return the context that every page of a connector shows around its own content."""
    slug = request.workspace.slug
    row = Connector.objects.filter(pk=manifest.key, is_present=True).first()
    rows = Connection.objects.present().filter(workspace_id=request.workspace.pk)
    connected = rows.filter(connector_id=manifest.key).count()
    card = cards.card(manifest, row, slug=slug, connected=connected)
    return {
        "key": card.key,
        "name": card.name,
        "icon": card.icon,
        "summary": card.summary,
        "category": card.category,
        "schemes": card.schemes,
        "deprecation": card.deprecation,
        "unavailable": _unavailable(row),
        "url": card.url,
        "add_url": card.add_url,
        "needs_none": manifest.needs_connection == "none",
        "tabs": _tabs(slug, card, current=tab, tools=len(manifest.tools)),
    }


def shown_tool(request: WorkspaceRequest, manifest: Manifest, tool: Tool) -> dict[str, Any]:
    """Show what a tool is."""
    return {
        "key": tool.key,
        "title": tool.title,
        "summary": tool.description,
        "description": tool.description,
        "effect": tool.effect,
        "is_idempotent": tool.idempotent,
        "scopes": tool.scopes,
        "deprecation": tool.deprecation.notice if tool.deprecation else "",
        "input": tool.input,
        "output": tool.output,
        "url": f"{showing.connector_page(request.workspace.slug, manifest.key)}tools/{tool.key}/",
    }


def connected_counts(request: WorkspaceRequest) -> dict[str, int]:
    """Count this workspace's connections to each connector."""
    rows = Connection.objects.present().filter(workspace_id=request.workspace.pk)
    return dict(rows.values_list("connector_id").annotate(Count("pk")).order_by())


def _of_category(groups: list[Group], category: str) -> list[Group]:
    return [group for group in groups if not category or group.name == category]


def _categories(
    request: WorkspaceRequest, groups: list[Group], search: str
) -> list[dict[str, Any]]:
    current = request.GET.get("category", "")
    counts = [("", sum(len(group.connectors) for group in groups))]
    counts += [(group.name, len(group.connectors)) for group in groups]
    return [
        {
            "label": name or "All",
            "count": count,
            "url": f"{request.path}?{_query(category=name, q=search)}",
            "is_current": name == current,
        }
        for name, count in counts
    ]


def _query(**values: str) -> str:
    return urlencode({name: value for name, value in values.items() if value})


def _kept(request: WorkspaceRequest) -> list[tuple[str, str]]:
    category = request.GET.get("category", "")
    return [("category", category)] if category else []


def _tabs(slug: str, card: Card, *, current: str, tools: int) -> list[Tab]:
    counts = {"detail": tools, "connections": card.connected}
    return [
        Tab(showing.connector_page(slug, card.key, name), label, name == current, counts.get(name))
        for name, label in TABS.items()
    ]


def _unavailable(row: Connector | None) -> str:
    if row is None:
        return "This connector is not available here."
    if row.is_disabled:
        return row.disabled_reason or "This connector is switched off."
    return "This connector takes no new connections." if row.is_hidden else ""


def _scheme(manifest: Manifest, scheme: Scheme) -> dict[str, Any]:
    return {
        "key": scheme.key,
        "label": scheme.label,
        "help": scheme.help,
        "fields": scheme.fields,
        "calls": execution.describe_call(manifest, scheme),
    }
