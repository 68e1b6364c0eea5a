"""Finds what an address speaks of: 404 when it is not in this workspace, 403 without the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404

from connections import access
from connections.models import Connection
from connectors import registry
from connectors.manifest.connector import UnknownTool
from connectors.registry import UnknownConnector

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from connectors.manifest import Connector, Tool
    from workspaces.access import WorkspaceRequest

    Finder = Callable[[WorkspaceRequest, uuid.UUID], Connection]


def seen(request: WorkspaceRequest, connection_id: uuid.UUID) -> Connection:
    """Find a connection whose details this member may see."""
    connection = _present(request, connection_id)
    if not access.may_see(request.membership, connection):
        raise PermissionDenied
    return connection


def used(request: WorkspaceRequest, connection_id: uuid.UUID) -> Connection:
    """Find a connection that this member may use."""
    connection = _present(request, connection_id)
    if not access.may_use(request.membership, connection):
        raise PermissionDenied
    return connection


def managed(request: WorkspaceRequest, connection_id: uuid.UUID) -> Connection:
    """Find a connection that this member may edit, rotate and remove."""
    connection = _present(request, connection_id)
    if not access.may_manage(request.membership, connection):
        raise PermissionDenied
    return connection


def webhook(
    request: WorkspaceRequest, connection_id: uuid.UUID, *, find: Finder = seen
) -> Connection:
    """Find a connection that takes deliveries; 404 when it is one that makes calls."""
    connection = find(request, connection_id)
    if not connection.manifest_scheme.is_inbound:
        raise Http404
    return connection


def connector(key: str) -> Connector:
    """Find a connector of the catalogue."""
    try:
        return registry.get(key)
    except UnknownConnector:
        raise Http404 from None


def tool(manifest: Connector, key: str) -> Tool:
    """Find a tool of a connector."""
    try:
        return manifest.tool(key)
    except UnknownTool:
        raise Http404 from None


def _present(request: WorkspaceRequest, connection_id: uuid.UUID) -> Connection:
    rows = Connection.objects.present().filter(workspace_id=request.workspace.pk)
    connection: Connection | None = rows.select_related("owner").filter(pk=connection_id).first()
    if connection is None:
        raise Http404
    connection.workspace = request.workspace
    return connection
