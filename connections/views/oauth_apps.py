"""A workspace's own OAuth apps: which connectors need one, and the form of one. For admins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from connections.forms import OAuthAppForm
from connections.models import Connection, Credential, InstallationApp, OAuthApp
from connections.oauth import apps
from connections.oauth.apps import BadApp
from connections.views import finding
from connectors import registry
from connectors.manifest.connector import UnknownScheme
from connectors.models import Connector
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    from django.http import HttpResponse

    from connectors.manifest import Connector as Manifest, Scheme


@require_safe
@requires(Permission.MANAGE_ANY_CONNECTION)
def index(request: WorkspaceRequest) -> HttpResponse:
    """List the connectors that need an app, and whose they use."""
    context = {"rows": _rows(request), "redirect_url": apps.redirect_url()}
    return render(request, "connections/oauth_apps.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_ANY_CONNECTION)
def edit(request: WorkspaceRequest, *, key: str, scheme: str) -> HttpResponse:
    """Show one app's form, or store it."""
    manifest, chosen = _chosen(key, scheme)
    own = _own(request, key, scheme)
    form = OAuthAppForm(
        request.POST if request.method == "POST" else None,
        client_id=own.client_id if own else "",
        has_secret=bool(own and own.secret_sealed),
    )
    if form.is_bound and form.is_valid() and _store(request, form, key=key, scheme=scheme):
        messages.success(request, f"The app for {manifest.name} is stored.")
        return redirect("oauth:apps", request.workspace.slug)
    context = _context(request, manifest, chosen, own) | {"form": form}
    status = 422 if form.is_bound else 200
    return render(request, "connections/oauth_app.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_ANY_CONNECTION)
def remove(request: WorkspaceRequest, *, key: str, scheme: str) -> HttpResponse:
    """Say what removing the workspace's own app breaks, or remove it."""
    manifest, chosen = _chosen(key, scheme)
    own = _own(request, key, scheme)
    if own is None:
        return redirect("oauth:app", request.workspace.slug, key, scheme)
    if request.method == "POST":
        apps.remove_own(own, actor=request.actor)
        messages.success(request, f"The app for {manifest.name} was removed.")
        return redirect("oauth:apps", request.workspace.slug)
    context = {
        "connector_name": manifest.name,
        "scheme_label": chosen.label,
        "breaks": _breaks(own),
        "cancel_url": _url(request, key, scheme),
    }
    return render(request, "connections/oauth_app_removal.html", context)


def _chosen(key: str, scheme: str) -> tuple[Manifest, Scheme]:
    manifest = finding.connector(key)
    try:
        found = manifest.scheme(scheme)
    except UnknownScheme:
        raise Http404 from None
    is_known = Connector.objects.filter(pk=key, is_present=True).exists()
    if not is_known or not apps.needs_app(found):
        raise Http404
    return manifest, found


def _own(request: WorkspaceRequest, key: str, scheme: str) -> OAuthApp | None:
    rows = OAuthApp.objects.filter(workspace_id=request.workspace.pk, connector_id=key)
    row: OAuthApp | None = rows.filter(scheme=scheme).select_related("workspace").first()
    return row


def _store(request: WorkspaceRequest, form: OAuthAppForm, *, key: str, scheme: str) -> bool:
    try:
        apps.set_own(
            request.workspace,
            connector_key=key,
            scheme=scheme,
            **form.cleaned_data,
            actor=request.actor,
        )
    except BadApp as refused:
        form.add_error(None, refused.message)
        return False
    return True


def _rows(request: WorkspaceRequest) -> list[dict[str, Any]]:
    own = {(row.connector_id, row.scheme): row for row in OAuthApp.objects.all()}
    installed = set(InstallationApp.objects.values_list("connector_id", "scheme"))
    present = set(Connector.objects.filter(is_present=True).values_list("key", flat=True))
    return [
        _row(request, manifest, scheme, own.get((manifest.key, scheme.key)), installed)
        for manifest in registry.all()
        for scheme in manifest.schemes
        if manifest.key in present and apps.needs_app(scheme)
    ]


def _row(
    request: WorkspaceRequest,
    manifest: Manifest,
    scheme: Scheme,
    own: OAuthApp | None,
    installed: set[tuple[str, str]],
) -> dict[str, Any]:
    has_installed = (manifest.key, scheme.key) in installed
    word = "the installation's" if has_installed else "none"
    return {
        "connector_name": manifest.name,
        "icon": manifest.icon,
        "scheme_label": scheme.label,
        "url": _url(request, manifest.key, scheme.key),
        "word": "your own" if own else word,
        "kind": "good" if own or has_installed else "warn",
        "set_at": own.set_at if own else None,
        "set_by": own.set_by_name if own else "",
    }


def _context(
    request: WorkspaceRequest, manifest: Manifest, scheme: Scheme, own: OAuthApp | None
) -> dict[str, Any]:
    assert scheme.oauth2 is not None
    installed = InstallationApp.objects.filter(connector_id=manifest.key, scheme=scheme.key)
    where = [request.workspace.slug, manifest.key, scheme.key]
    return {
        "connector_name": manifest.name,
        "icon": manifest.icon,
        "scheme_label": scheme.label,
        "redirect_url": apps.redirect_url(),
        "register_url": scheme.oauth2.register_url,
        "notes": scheme.oauth2.notes,
        "scopes": scheme.oauth2.scopes,
        "own": own,
        "has_installed": installed.exists(),
        "removal_url": reverse("oauth:app_removal", args=where) if own else "",
        "cancel_url": reverse("oauth:apps", args=where[:1]),
    }


def _breaks(own: OAuthApp) -> list[str]:
    """Name what was authorized by an app: its tokens are renewed no more."""
    versions = Credential.objects.filter(app_id=own.pk, state="current")
    rows = Connection.objects.present().filter(pk__in=versions.values("connection_id"))
    names = list(rows.order_by("name").values_list("name", flat=True)[:20])
    if not names:
        return ["No connection was authorized by it."]
    return [f"{name} has to be reconnected once its present token ends." for name in names]


def _url(request: WorkspaceRequest, key: str, scheme: str) -> str:
    return reverse("oauth:app", args=[request.workspace.slug, key, scheme])
