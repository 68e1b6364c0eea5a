"""What every page of one connection shows around its own content: head, acts, tabs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connections import access
from connections.models import Status
from connections.views import grants, showing
from connections.views.showing import Link

if TYPE_CHECKING:
    from connections.models import Connection
    from workspaces.access import WorkspaceRequest

TABS = {
    "detail": "Overview",
    "credentials": "Credentials",
    "usage": "Usage",
    "activity": "Activity",
    "settings": "Settings",
}
WEBHOOK_TABS = {
    "detail": "Overview",
    "deliveries": "Deliveries",
    "credentials": "Secrets",
    "usage": "Usage",
    "activity": "Activity",
    "settings": "Settings",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of a page."""

    url: str
    label: str
    is_current: bool
    count: int | None = None


def frame(request: WorkspaceRequest, connection: Connection, *, tab: str = "") -> dict[str, Any]:
    """Return the context of a connection's page; `tab` is the one that it stands under."""
    slug, membership = request.workspace.slug, request.membership
    shown = showing.row(connection, slug=slug, membership=membership)
    is_inbound, may_use = (
        connection.manifest_scheme.is_inbound,
        access.may_use(membership, connection),
    )
    is_to_connect = connection.manifest_scheme.is_grant and not grants.is_connected(connection)
    return {
        "id": connection.pk,
        "name": connection.name,
        "icon": shown["icon"],
        "connector_name": shown["connector_name"],
        "connector_url": showing.connector_page(slug, connection.connector_id),
        "environment": connection.environment,
        "is_private": connection.is_private,
        "status": shown["status"],
        "account": connection.account_name,
        "owner": shown["owner"],
        "is_inbound": is_inbound,
        "may_verify": may_use and not is_to_connect and not is_inbound,
        "test_url": showing.page(slug, connection, "test_delivery")
        if is_inbound and may_use
        else "",
        "may_edit": access.may_manage(membership, connection),
        "remedy": _remedy(slug, connection, is_to_connect=is_to_connect),
        "menu": _menu(slug, connection),
        "tabs": _tabs(request, connection, tab),
    }


def _remedy(slug: str, connection: Connection, *, is_to_connect: bool) -> dict[str, Any]:
    """Give the act that puts new credentials in: typed, or authorized at the service."""
    if not connection.manifest_scheme.is_grant:
        url = showing.page(slug, connection, "credential")
        return {"url": url, "label": "Rotate", "icon": "rotate", "is_first": False}
    if is_to_connect:
        url = showing.page(slug, connection, "added")
        return {"url": url, "label": "Connect", "icon": "connections", "is_first": True}
    is_first = connection.status == Status.REAUTHORIZE
    url = showing.page(slug, connection, "credential")
    return {"url": url, "label": "Reconnect", "icon": "rotate", "is_first": is_first}


def _menu(slug: str, connection: Connection) -> list[Link]:
    sharing = "Open to the workspace" if connection.is_private else "Make private"
    return [
        Link(showing.page(slug, connection, "duplicate"), "Duplicate", "copy"),
        Link(showing.page(slug, connection, "hand_over"), "Hand over", "swap"),
        Link(showing.page(slug, connection, "settings"), sharing, "lock"),
        Link(showing.page(slug, connection, "remove"), "Remove", "remove", is_danger=True),
    ]


def _tabs(request: WorkspaceRequest, connection: Connection, current: str) -> list[Tab]:
    is_managed = access.may_manage(request.membership, connection)
    tabs = WEBHOOK_TABS if connection.manifest_scheme.is_inbound else TABS
    return [
        Tab(showing.page(request.workspace.slug, connection, name), label, name == current)
        for name, label in tabs.items()
        if name != "settings" or is_managed
    ]
