"""Where a button leads back to: the page it stood on, when that is one of the connection's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.http import url_has_allowed_host_and_scheme

from connections.views import showing

if TYPE_CHECKING:
    from connections.models import Connection
    from workspaces.access import WorkspaceRequest

NAMED = frozenset({"added", "credential"})
"""What a form may name as its page; browsers may keep to themselves where they come from."""


def back(request: WorkspaceRequest, connection: Connection, *, otherwise: str = "detail") -> str:
    """Return the path of the page that the form or the browser names, or another one's."""
    if request.POST.get("back") in NAMED:
        return showing.page(request.workspace.slug, connection, request.POST["back"])
    home = showing.page(request.workspace.slug, connection, "detail")
    came_from = request.headers.get("Referer", "")
    path = came_from.removeprefix(f"{request.scheme}://{request.get_host()}").partition("?")[0]
    is_here = url_has_allowed_host_and_scheme(came_from, {request.get_host()})
    if is_here and path.startswith(home):
        return path
    return showing.page(request.workspace.slug, connection, otherwise)
