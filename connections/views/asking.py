"""What will be asked for at a service, said before anybody goes there: scopes, app, account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from connections import credentials
from connections.forms import ScopesForm
from connections.oauth import apps, attempts
from connections.oauth.apps import AppMissing
from workspaces.roles import Permission

if TYPE_CHECKING:
    from connections.models import Authorization, Connection
    from connectors.manifest import Connector as Manifest, OAuth2, Scheme
    from workspaces.access import WorkspaceRequest


def form(
    request: WorkspaceRequest, scheme: Scheme, *, connection: Connection | None = None
) -> ScopesForm:
    """Make the form of scopes; what a connection was asked for already stays asked for.

    A link may propose further ones by `?scopes=`.
    """
    attempt = attempts.left(connection) if connection else None
    return ScopesForm(
        request.POST if request.method == "POST" else None,
        oauth2=_oauth2(scheme),
        before=asked_before(connection),
        proposed=_proposed(attempt) or request.GET.getlist("scopes"),
    )


def context(
    request: WorkspaceRequest,
    manifest: Manifest,
    scheme: Scheme,
    scopes: ScopesForm,
    *,
    connection: Connection | None = None,
) -> dict[str, Any]:
    """Return what stands above the button that leads to the service."""
    return {
        "service": manifest.name,
        "always": scopes.always,
        "presets": scopes.preset_lines,
        "more": scopes.more,
        "is_more_open": scopes.is_more_open,
        "has_scopes": bool(_oauth2(scheme).scopes),
        "account": connection.account_name if connection else "",
        "redirect_url": apps.redirect_url(),
        "app": app(request, manifest, scheme),
    }


def app(request: WorkspaceRequest, manifest: Manifest, scheme: Scheme) -> dict[str, Any] | None:
    """Say whose OAuth app is used, or who must enter one; None where the fields are the client."""
    if not apps.needs_app(scheme):
        return None
    try:
        known = apps.find(request.workspace, connector_key=manifest.key, scheme=scheme.key)
    except AppMissing:
        return _missing(request, manifest, scheme)
    whose = f"{request.workspace.name}'s own" if known.is_own else "this installation's"
    return {"is_missing": False, "whose": whose, "client_id": known.client_id}


def asked_before(connection: Connection | None) -> list[str]:
    """List what the grant in use was asked for."""
    current = credentials.current(connection) if connection else None
    return (current.asked_scopes or []) if current and current.tokens else []


def _missing(request: WorkspaceRequest, manifest: Manifest, scheme: Scheme) -> dict[str, Any]:
    title = f"{manifest.name} has no OAuth app here yet."
    if not request.membership.may(Permission.MANAGE_ANY_CONNECTION):
        text = (
            f"Ask an admin of {request.workspace.name} to enter one under Settings, OAuth apps;"
            " then connect. What you fill in here can be saved as soon as there is one."
        )
        return {"is_missing": True, "title": title, "text": text}
    where = {"slug": request.workspace.slug, "key": manifest.key, "scheme": scheme.key}
    return {
        "is_missing": True,
        "title": title,
        "text": "Register an app at the service once and enter its client ID and secret. Staff of"
        " this installation can also do that for every workspace.",
        "url": reverse("oauth:app", kwargs=where),
        "label": "Enter an OAuth app",
    }


def _proposed(attempt: Authorization | None) -> list[str]:
    return list(attempt.scopes) if attempt else []


def _oauth2(scheme: Scheme) -> OAuth2:
    assert scheme.oauth2 is not None
    return scheme.oauth2
