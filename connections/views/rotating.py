"""Entering a new version: right after adding, while the first one fails, and when rotating."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from connections import credentials, tasks
from connections.credentials import ConnectionGone
from connections.forms import RotateForm
from connections.models import Check, Connection, Credential
from connections.views import (
    accounts,
    adding,
    checklists,
    connecting,
    finding,
    pace,
    secrets,
    setting_up,
    showing,
)
from connections.views.framing import frame
from connectors.fields import InvalidValues
from spojit.lib.limits import TooMany
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid
    from datetime import date

    from django.http import HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE)
def rotate(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Show what can be kept, replaced or cleared, or stage it: the old stays until it works."""
    connection = finding.managed(request, connection_id)
    if connection.manifest_scheme.is_grant:
        return connecting.reconnect(request, connection)
    if connection.manifest_scheme.is_inbound:
        return secrets.rotate(request, connection)
    form = _form(request, connection, base=credentials.current(connection))
    if request.method == "POST" and form.is_valid() and _stage(request, connection, form):
        return redirect(showing.page(request.workspace.slug, connection, "credential"))
    context = _rotate_context(request, connection, form)
    return render(request, "connections/rotate.html", context, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE)
def added(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Show a new connection being verified, its fields still there to be mended."""
    connection = finding.managed(request, connection_id)
    if connection.manifest_scheme.is_grant:
        return connecting.added(request, connection)
    if connection.manifest_scheme.is_inbound:
        return setting_up.added(request, connection)
    is_proven = has_worked(connection)
    staged = None if is_proven else credentials.staged(connection)
    base = staged or credentials.current(connection)
    form = _form(request, connection, base=base, expires_on=base.expires_on if base else None)
    is_posted = request.method == "POST" and form.is_valid()
    if is_posted and _stage(request, connection, form, onto_staged=not is_proven):
        return redirect(showing.page(request.workspace.slug, connection, "added"))
    context = _added_context(request, connection, form)
    return render(request, "connections/add.html", context, status=_status(form))


def has_worked(connection: Connection) -> bool:
    """Whether any verification ever went well."""
    good = Check.objects.filter(connection_id=connection.pk, status_after="active")
    return good.filter(outcome__in=["ok", "unverified", "permission_missing"]).exists()


def _form(
    request: WorkspaceRequest,
    connection: Connection,
    *,
    base: Credential | None,
    expires_on: date | None = None,
) -> RotateForm:
    return RotateForm(
        request.POST if request.method == "POST" else None,
        connector=connection.manifest,
        scheme=connection.manifest_scheme,
        base=base,
        used_at=connection.used_at,
        expires_on=expires_on,
    )


def _stage(
    request: WorkspaceRequest,
    connection: Connection,
    form: RotateForm,
    *,
    onto_staged: bool = False,
) -> bool:
    try:
        pace.take(request)
        credentials.stage(
            connection,
            values=form.values,
            clear=form.cleared,
            expires_on=form.cleaned_data["expires_on"],
            actor=request.actor,
            onto_staged=onto_staged,
        )
    except InvalidValues as refused:
        form.refuse(refused)
        return False
    except ConnectionGone:
        raise Http404 from None
    except TooMany as refused:
        form.add_error(None, f"{refused.message} {refused.hint}")
        return False
    tasks.announce_verification(connection)
    for note in form.described_notes():
        messages.info(request, note)
    return True


def _status(form: RotateForm) -> int:
    return 422 if form.is_bound else 200


def _rotate_context(
    request: WorkspaceRequest, connection: Connection, form: RotateForm
) -> dict[str, Any]:
    slug = request.workspace.slug
    is_new = credentials.staged(connection) is not None or _is_new(connection)
    return {
        "connection": frame(request, connection, tab="credentials"),
        "form": form,
        "fields": form.lines,
        "action": request.path,
        "cancel_url": showing.page(slug, connection, "credentials"),
        "checklist": checklists.of(request, connection, is_rotation=True) if is_new else None,
        # Read after the checklist: one that says that it is over asks no more.
        "other_account": accounts.context(
            request, connection, staged=credentials.staged(connection)
        ),
    }


def _is_new(connection: Connection) -> bool:
    """Whether the version in use has just taken over, so that its verification is worth showing."""
    last, current = checklists.last_check(connection), credentials.current(connection)
    if last is None or current is None or current.promoted_at is None:
        return False
    return current.version > 1 and last.credential_version == current.version


def _added_context(
    request: WorkspaceRequest, connection: Connection, form: RotateForm
) -> dict[str, Any]:
    slug = request.workspace.slug
    manifest, scheme = connection.manifest, connection.manifest_scheme
    return adding.about(request, manifest, scheme) | {
        "form": form,
        "fields": form.lines,
        "schemes": [],
        "checklist": checklists.of(request, connection),
        "action": request.path,
        "submit_label": "Save again and verify",
        "cancel_url": showing.page(slug, connection, "detail"),
        "connection": {"id": connection.pk, "name": connection.name},
        "other_account": accounts.context(request, connection),
    }
