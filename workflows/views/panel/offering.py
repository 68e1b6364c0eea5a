"""What a Connector step can choose from: connectors, fitting connections, other steps' ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connections import access
from connections.models import Connection
from connections.views import showing
from connectors import registry
from connectors.models import Connector as ConnectorRow
from workflows.definition import settings as kinds
from workspaces.roles import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.manifest import Connector, Tool
    from workflows.definition import Graph
    from workflows.views.panel.finding import Chosen
    from workspaces.access import WorkspaceRequest

MOST_CONNECTIONS = 200
MOST_FOUND = 30


@dataclass(frozen=True, slots=True)
class Offer:
    """A connection to choose; one of somebody else's own is shown and cannot be."""

    value: str
    name: str
    status: showing.ShownStatus | None
    environment: str = ""
    account: str = ""
    url: str = ""
    is_choosable: bool = True
    is_chosen: bool = False
    is_used_here: bool = False
    lacking: tuple[str, ...] = ()
    mend_url: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A connector that fits a search."""

    key: str
    name: str
    summary: str
    icon: Any
    connected: int


def connections(
    request: WorkspaceRequest, found: Chosen, connector: Connector, tool: Tool | None
) -> list[Offer]:
    """List the connections to a connector, those that this workflow uses first."""
    rows = Connection.objects.present().filter(
        workspace_id=request.workspace.pk, connector_id=connector.key
    )
    calling = rows.exclude(scheme__startswith="webhook").select_related("owner")
    here = list(_used(found.graph, connector.key))
    chosen = str(found.node.given.get("connection_id") or "")
    offers = [
        _offer(request, row, tool, chosen=chosen, here=here) for row in calling[:MOST_CONNECTIONS]
    ]
    if chosen and chosen not in {offer.value for offer in offers}:
        offers.append(Offer(chosen, "A connection that is not here", None, is_chosen=True))
    return sorted(offers, key=lambda offer: _rank(offer, here))


def elsewhere(request: WorkspaceRequest, found: Chosen) -> dict[str, int]:
    """Count other steps with another connection to this connector, by its ID.

    Those that this member may not use are left out: nobody takes a step off a private connection.
    """
    settings = found.node.settings
    if not isinstance(settings, kinds.Connector) or not settings.connection_id:
        return {}
    counted: dict[str, int] = {}
    for one in _used(found.graph, settings.connector):
        if one != settings.connection_id:
            counted[one] = counted.get(one, 0) + 1
    if not counted:
        return {}
    rows = Connection.objects.filter(
        workspace_id=request.workspace.pk, connector_id=settings.connector
    )
    hidden = {str(row.pk) for row in rows if not access.may_use(request.membership, row)}
    return {one: count for one, count in counted.items() if one not in hidden}


def connectors(request: WorkspaceRequest, search: str) -> list[Found]:
    """List the connectors that a step can call, those with connections first."""
    words = search.casefold().split()
    rows = ConnectorRow.objects.filter(is_present=True, is_disabled=False)
    keys = set(rows.values_list("key", flat=True))
    counted = _counted(request)
    fitting = [one for one in registry.all() if one.key in keys and one.tools and _fits(one, words)]
    fitting.sort(key=lambda one: (one.key not in counted, one.name.casefold()))
    return [
        Found(one.key, one.name, one.summary, one.icon, counted.get(one.key, 0))
        for one in fitting[:MOST_FOUND]
    ]


def may_connect(request: WorkspaceRequest) -> bool:
    """Say whether this member may add connections."""
    return request.membership.may(Permission.CREATE_CONNECTIONS)


def _fits(connector: Connector, words: list[str]) -> bool:
    text = f"{connector.key} {connector.name} {connector.category} {connector.summary}".casefold()
    return all(word in text for word in words)


def _counted(request: WorkspaceRequest) -> dict[str, int]:
    rows = Connection.objects.present().filter(workspace_id=request.workspace.pk)
    found: dict[str, int] = {}
    for key in rows.values_list("connector_id", flat=True)[:5_000]:
        found[key] = found.get(key, 0) + 1
    return found


def _used(graph: Graph, connector_key: str) -> Iterable[str]:
    """Give the connections that steps of a graph use, the last one first."""
    for node in reversed(graph.nodes):
        settings = node.settings
        if not isinstance(settings, kinds.Connector) or settings.connector != connector_key:
            continue
        if settings.connection_id:
            yield settings.connection_id


def _offer(
    request: WorkspaceRequest,
    row: Connection,
    tool: Tool | None,
    *,
    chosen: str,
    here: list[str],
) -> Offer:
    slug, membership = request.workspace.slug, request.membership
    is_seen, key = access.may_see(membership, row), str(row.pk)
    granted = None if row.scopes is None else frozenset(row.scopes)
    lacking = () if tool is None or granted is None else tuple(set(tool.scopes) - granted)
    may_mend = access.may_manage(membership, row)
    return Offer(
        value=key,
        name=access.shown_name(membership, row),
        status=showing.ShownStatus.of(row),
        environment=row.environment if is_seen else "",
        account=row.account_name if is_seen else "",
        url=showing.page(slug, row, "detail") if is_seen else "",
        is_choosable=access.may_use(membership, row),
        is_chosen=key == chosen,
        is_used_here=key in here,
        lacking=tuple(sorted(lacking)),
        mend_url=showing.page(slug, row, "credential") if may_mend else "",
    )


def _rank(offer: Offer, here: list[str]) -> tuple[Any, ...]:
    place = here.index(offer.value) if offer.value in here else len(here)
    is_well = offer.status is not None and offer.status.kind == "active"
    return (not offer.is_chosen, not offer.is_choosable, place, not is_well, offer.name.casefold())
