"""Adding a connection: choose how to sign in, fill in, watch it being verified."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from connections import credentials, lifecycle, naming, tasks
from connections.forms import AddForm
from connections.inbound import secrets
from connections.lifecycle import ConnectorUnavailable, NameMissing, NameTaken
from connections.models import Connection
from connections.views import asking, finding, pace, setting_up, showing
from connections.views.leaving import leave
from connectors import execution
from connectors.fields import InvalidValues
from connectors.manifest.connector import UnknownScheme
from connectors.models import Connector
from spojit.lib.limits import TooMany
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    from connections.forms import ScopesForm
    from connectors.manifest import Connector as Manifest, Scheme
    from spojit.lib.secret import Secret


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.CREATE_CONNECTIONS)
def add(request: WorkspaceRequest, *, key: str) -> HttpResponse:
    """Show the form of a new connection, or create it and go on to its verification."""
    manifest = finding.connector(key)
    scheme = _scheme(request, manifest)
    if request.method != "POST":
        return _page(request, _empty(request, manifest, scheme))
    form = AddForm(request.POST, connector=manifest, scheme=scheme)
    scopes = asking.form(request, scheme) if scheme.is_grant else None
    created = _create(request, form) if _is_fit(request, form, scopes) else None
    if created is None:
        return _page(request, form, scopes=scopes, status=422)
    for note in form.described_notes():
        messages.info(request, note)
    if created.made:
        return setting_up.made(request, created.connection, created.made)
    gone = leave(request, created.connection, scopes) if scopes else None
    return gone or redirect(showing.page(request.workspace.slug, created.connection, "added"))


@require_safe
@requires(Permission.CREATE_CONNECTIONS)
def duplicate(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Go to the form of a new connection, filled in from this one but for its secrets."""
    source = finding.used(request, connection_id)
    url = showing.add_page(request.workspace.slug, source.connector_id)
    return HttpResponseRedirect(f"{url}?scheme={source.scheme}&from={source.pk}")


def about(request: WorkspaceRequest, manifest: Manifest, scheme: Scheme) -> dict[str, Any]:
    """Return what stands around the form of any connection to this connector."""
    slug = request.workspace.slug
    return {
        "connector": {
            "name": manifest.name,
            "icon": manifest.icon,
            "summary": manifest.summary,
            "documentation": manifest.documentation,
            "url": showing.connector_page(slug, manifest.key),
        },
        "before_you_start": manifest.before_you_start,
        "permissions": _permissions(manifest, scheme),
        "calls": execution.describe_call(manifest, scheme),
        "is_inbound": scheme.is_inbound,
    }


def _permissions(manifest: Manifest, scheme: Scheme) -> list[str]:
    """List what tools need; a webhook calls none."""
    if scheme.is_inbound:
        return []
    return sorted({scope for tool in manifest.tools for scope in tool.scopes})


def _scheme(request: WorkspaceRequest, manifest: Manifest) -> Scheme:
    if not manifest.schemes:
        raise Http404
    try:
        return manifest.scheme(request.GET.get("scheme") or manifest.schemes[0].key)
    except UnknownScheme:
        raise Http404 from None


def _empty(request: WorkspaceRequest, manifest: Manifest, scheme: Scheme) -> AddForm:
    source = _source(request, manifest)
    taken = Connection.objects.present().filter(workspace_id=request.workspace.pk)
    name = naming.suggest(
        source.name if source else manifest.name,
        taken=list(taken.filter(connector_id=manifest.key).values_list("name", flat=True)),
    )
    initial = {"name": name, "is_private": source.is_private if source else False}
    shown = _shown(source) if source and source.scheme == scheme.key else {}
    return AddForm(connector=manifest, scheme=scheme, shown=shown, initial=initial)


def _source(request: WorkspaceRequest, manifest: Manifest) -> Connection | None:
    """Find the connection that is duplicated, if one is."""
    given = request.GET.get("from", "")
    if not given:
        return None
    try:
        source = finding.used(request, uuid.UUID(given))
    except ValueError:
        raise Http404 from None
    if source.connector_id != manifest.key:
        raise Http404
    return source


def _shown(source: Connection) -> dict[str, str]:
    current = credentials.current(source)
    return credentials.public_values(current) if current else {}


def _is_fit(request: WorkspaceRequest, form: AddForm, scopes: ScopesForm | None) -> bool:
    """Whether everything is filled in, and there is an app to go to the service with."""
    is_valid = form.is_valid()
    if scopes is None:
        return is_valid
    app = asking.app(request, form.connector, form.scheme)
    if app and app["is_missing"]:
        scopes.add_error(None, f"{app['title']} Nothing was saved yet.")
    return scopes.is_valid() and is_valid


class _Created(NamedTuple):
    """A new connection, and a secret that we made for it: to be shown once."""

    connection: Connection
    made: Secret | None


def _create(request: WorkspaceRequest, form: AddForm) -> _Created | None:
    try:
        pace.take(request)
        values, made = _values(form)
        connection = lifecycle.create(
            request.workspace,
            connector_key=form.connector.key,
            scheme=form.scheme.key,
            values=values,
            actor=request.actor,
            **form.choices(),
        )
    except InvalidValues as refused:
        form.refuse(refused)
    except (NameTaken, NameMissing) as refused:
        form.add_error("name", f"{refused.message} {refused.hint}".strip())
    except (ConnectorUnavailable, TooMany) as refused:
        form.add_error(None, f"{refused.message} {refused.hint}".strip())
    else:
        if not form.scheme.is_grant and not form.scheme.is_inbound:
            tasks.announce_verification(connection)
        return _Created(connection, made)
    return None


def _values(form: AddForm) -> tuple[dict[str, str], Secret | None]:
    """Return what was typed, with a webhook's secret of our making where that was left to us."""
    if form.scheme.is_inbound:
        return secrets.made_for(form.scheme, form.values)
    return form.values, None


def _page(
    request: WorkspaceRequest,
    form: AddForm,
    *,
    scopes: ScopesForm | None = None,
    status: int = 200,
) -> HttpResponse:
    if not Connector.objects.addable().filter(pk=form.connector.key).exists():
        raise Http404
    context = _context(request, form)
    if form.scheme.is_grant:
        scopes = scopes or asking.form(request, form.scheme)
        asked = asking.context(request, form.connector, form.scheme, scopes)
        context |= {"asked": asked, "scopes_form": scopes}
    return render(request, "connections/add.html", context, status=status)


def _context(request: WorkspaceRequest, form: AddForm) -> dict[str, Any]:
    slug, manifest, scheme = request.workspace.slug, form.connector, form.scheme
    source = request.GET.get("from", "")
    return about(request, manifest, scheme) | {
        "form": form,
        "fields": form.lines,
        "extras": form.extras,
        "extras_open": form.has_open_extras,
        "schemes": _choices(slug, manifest, scheme),
        "action": f"{request.path}?scheme={scheme.key}" + (f"&from={source}" if source else ""),
        "cancel_url": showing.connector_page(slug, manifest.key),
    }


def _choices(slug: str, manifest: Manifest, current: Scheme) -> list[dict[str, Any]]:
    """List the ways to sign in, when there is a choice."""
    if len(manifest.schemes) < 2:
        return []
    url = showing.add_page(slug, manifest.key)
    return [
        {
            "label": scheme.label,
            "help": scheme.help,
            "url": f"{url}?scheme={scheme.key}",
            "is_current": scheme.key == current.key,
        }
        for scheme in manifest.schemes
    ]
