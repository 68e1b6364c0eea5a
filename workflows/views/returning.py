"""Where a button leads back to: the page of workflows that it stood on, as the browser names it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

if TYPE_CHECKING:
    from workspaces.access import WorkspaceRequest


def back(request: WorkspaceRequest) -> str:
    """Return the page of workflows that the button stood on, with its query, or the list."""
    home = reverse("workflows:list", kwargs={"slug": request.workspace.slug})
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}):
        return home
    told = urlsplit(came_from)
    if not told.path.startswith(home):
        return home
    return f"{told.path}?{told.query}" if told.query else told.path
