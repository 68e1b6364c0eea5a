"""After a webhook connection was saved: URL, secret, guide, and waiting for the first delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers

from connections.views import hooking, secrets, showing

if TYPE_CHECKING:
    from django.http import HttpResponse

    from connections.forms import SecretForm
    from connections.models import Connection
    from spojit.lib.secret import Secret
    from workspaces.access import WorkspaceRequest


def made(request: WorkspaceRequest, connection: Connection, secret: Secret) -> HttpResponse:
    """Answer with the page itself: the secret that we made is shown this once and kept nowhere."""
    context = _context(request, connection) | {"made": secret.reveal(), "test_url": ""}
    response = render(request, "connections/webhook/added.html", context)
    add_never_cache_headers(response)
    return response


def added(request: WorkspaceRequest, connection: Connection) -> HttpResponse:
    """Show a webhook connection being set up; a POST puts in the secret that the service shows."""
    form = _form(request, connection)
    if form and form.is_bound and form.is_valid() and secrets.save(request, connection, form):
        messages.success(request, "The secret is set. Deliveries signed with it are accepted.")
        return redirect(showing.page(request.workspace.slug, connection, "added"))
    status = 422 if form and form.is_bound else 200
    context = _context(request, connection, form)
    return render(request, "connections/webhook/added.html", context, status=status)


def _form(request: WorkspaceRequest, connection: Connection) -> SecretForm | None:
    """Make the form of the first secret, while there is none."""
    if hooking.with_secret(connection):
        return None
    return secrets.form(request, connection)


def _context(
    request: WorkspaceRequest, connection: Connection, form: SecretForm | None = None
) -> dict[str, Any]:
    slug = request.workspace.slug
    url = showing.page(slug, connection, "detail")
    return {
        "connection": {
            "name": connection.name,
            "icon": connection.manifest.icon,
            "connector_name": connection.manifest.name,
            "url": url,
        },
        "address": showing.page(slug, connection, "added"),
        "hook": hooking.hook(request, connection),
        "panel": hooking.panel(request, connection, place="added"),
        "has_secret": form is None,
        "rotate_url": showing.page(slug, connection, "credential"),
        "form": form,
        "fields": form.lines if form else [],
        "action": showing.page(slug, connection, "added"),
        "test_url": "" if form else showing.page(slug, connection, "test_delivery"),
    }
