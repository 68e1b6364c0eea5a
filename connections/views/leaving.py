"""Sends the browser to the service, by a page that moves on at once and works without script.

A redirect in answer to a form would fall under `form-action` of our policy, at each of the
service's own redirects too; a page that refreshes is a navigation of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render

from connections.credentials import ConnectionGone, CredentialMissing, CredentialUnreadable
from connections.oauth import authorize
from connections.oauth.apps import AppMissing
from connections.views import showing
from connectors.fields import InvalidValues
from connectors.hosts import BadServiceUrl
from connectors.templates import Unfilled
from spojit.lib.limits import TooMany

if TYPE_CHECKING:
    from django.http import HttpResponse

    from connections.forms import RotateForm, ScopesForm
    from connections.models import Connection
    from workspaces.access import WorkspaceRequest

_REFUSALS = (
    AppMissing,
    BadServiceUrl,
    CredentialMissing,
    CredentialUnreadable,
    TooMany,
    Unfilled,
)


def leave(
    request: WorkspaceRequest,
    connection: Connection,
    scopes: ScopesForm,
    form: RotateForm | None = None,
) -> HttpResponse | None:
    """Begin an attempt and answer with the page that leads to the service.

    Args:
        request: of the person who goes.
        connection: what they authorize.
        scopes: which scopes they chose; valid.
        form: values of the scheme, which are staged when they changed; valid.

    Returns:
        None when it was refused; the forms say why.
    """
    changed = form if form is not None and form.is_changed else None
    try:
        url = authorize.begin(
            connection,
            scopes=scopes.chosen,
            session_key=request.session.session_key or "",
            actor=request.actor,
            fields=changed.values if changed else None,
            clear=changed.cleared if changed else (),
        )
    except InvalidValues as refused:
        (form or scopes).add_error(None, refused.message)
        if form is not None:
            form.refuse(refused)
    except ConnectionGone:
        raise Http404 from None
    except _REFUSALS as refused:
        scopes.add_error(None, f"{refused.message} {refused.hint}".strip())
    else:
        return _page(request, connection, url)
    return None


def _page(request: WorkspaceRequest, connection: Connection, url: str) -> HttpResponse:
    context = {
        "service": connection.manifest.name,
        "service_url": url,
        "back_url": showing.page(request.workspace.slug, connection, "detail"),
    }
    response = render(request, "connections/leaving.html", context)
    response["Cache-Control"], response["Referrer-Policy"] = "no-store", "no-referrer"
    return response
