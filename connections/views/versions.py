"""The credentials of a connection: what is set and since when, its versions, restoring one."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from connections import access, credentials, expiry, tasks
from connections.credentials import NotPromotable, NotRestorable
from connections.forms import ExpiryForm
from connections.models import Connection, Credential
from connections.models.credential import State
from connections.views import finding, grants, secrets, showing
from connections.views.framing import frame
from connectors.outcomes import MEANINGS
from spojit.lib import clock
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from connectors.manifest import Field

MOST_VERSIONS = 20
KINDS = {State.CURRENT: "good", State.STAGED: "accent", State.PREVIOUS: "", State.DESTROYED: ""}


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE)
def index(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Show each field and version without a value that is secret; a POST sets the expiry date."""
    find = finding.managed if request.method == "POST" else finding.seen
    connection = find(request, connection_id)
    if connection.manifest_scheme.is_inbound:
        return secrets.index(request, connection)
    current = credentials.current(connection)
    form = ExpiryForm(
        request.POST if request.method == "POST" else None,
        initial={"expires_on": current.expires_on if current else None},
    )
    if form.is_bound and form.is_valid() and _set_expiry(request, connection, form):
        return redirect(showing.page(request.workspace.slug, connection, "credentials"))
    context = _context(request, connection, current) | {"expiry_form": form}
    status = 422 if form.is_bound else 200
    return render(request, "connections/credentials.html", context, status=status)


@require_POST
@requires(Permission.SEE)
def restore(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Put the previous version to use again."""
    connection = finding.managed(request, connection_id)
    if connection.manifest_scheme.is_inbound:  # the older one is valid without that
        raise Http404
    try:
        row = credentials.restore(connection, actor=request.actor)
    except NotRestorable as refused:
        messages.error(request, f"{refused.message} {refused.hint}")
    else:
        tasks.announce_verification(connection)
        messages.success(
            request, f"The previous credentials are in use again, as version {row.version}."
        )
    return redirect(showing.page(request.workspace.slug, connection, "credentials"))


@require_POST
@requires(Permission.SEE)
def discard(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Destroy the version that waits or failed."""
    connection = finding.managed(request, connection_id)
    if credentials.discard(connection, actor=request.actor):
        messages.success(request, "The new credentials were destroyed; the old ones stay in use.")
    return redirect(showing.page(request.workspace.slug, connection, "credentials"))


def expiry_warning(
    connection: Connection, current: Credential | None, *, slug: str
) -> dict[str, str] | None:
    """Return a warning when the credential in use expires within thirty days, or has expired."""
    if current is None or current.expires_on is None:
        return None
    today = clock.now().date()
    if current.expires_on >= today and expiry.days_ahead(current.expires_on, on=today) is None:
        return None
    return {
        "title": _expiry_title(current.expires_on, today),
        "text": "Rotate them before that day; what uses the connection goes on without a change.",
        "url": showing.page(slug, connection, "credential"),
        "label": "Rotate",
    }


def _expiry_title(expires_on: date, today: date) -> str:
    day = f"{expires_on:%-d %B %Y}"
    if expires_on < today:
        return f"The credentials expired on {day}."
    return f"The credentials expire on {day}."


def _set_expiry(request: WorkspaceRequest, connection: Connection, form: ExpiryForm) -> bool:
    try:
        day = form.cleaned_data["expires_on"]
        credentials.set_expiry(connection, expires_on=day, actor=request.actor)
    except NotPromotable as refused:
        form.add_error(None, refused.message)
        return False
    messages.success(
        request, "The expiry date is set." if day else "There is no expiry date any more."
    )
    return True


def _context(
    request: WorkspaceRequest, connection: Connection, current: Credential | None
) -> dict[str, Any]:
    slug = request.workspace.slug
    is_managed = access.may_manage(request.membership, connection)
    rows = Credential.objects.filter(connection_id=connection.pk).order_by("-version")
    return {
        "connection": frame(request, connection, tab="credentials"),
        "version": current.version if current else "none",
        "scheme_label": connection.manifest_scheme.label,
        "is_grant": connection.manifest_scheme.is_grant,
        "grant": grants.context(connection, current),
        "fields": _fields(connection, current),
        "expires_on": current.expires_on if current else None,
        "expiry_warning": expiry_warning(connection, current, slug=slug) if is_managed else None,
        "versions": [
            _version(row, slug=slug, is_managed=is_managed) for row in rows[:MOST_VERSIONS]
        ],
    }


def _fields(connection: Connection, current: Credential | None) -> list[dict[str, Any]]:
    told = current.fields if current else {}
    shown = current.shown if current else {}
    return [
        _field(field, told.get(field.key), shown.get(field.key, ""), connection.used_at)
        for field in connection.manifest_scheme.fields
        if field.matters(shown)
    ]


def _field(
    field: Field, told: dict[str, str] | None, value: str, used_at: datetime | None
) -> dict[str, Any]:
    labels = {choice.value: choice.label for choice in field.choices}
    return {
        "label": field.label,
        "is_set": told is not None,
        "is_secret": field.secret,
        "value": labels.get(value, value),
        "set_at": datetime.fromisoformat(told["set_at"]) if told else None,
        "set_by": told["set_by_name"] if told else "",
        "used_at": used_at,
    }


def _version(row: Credential, *, slug: str, is_managed: bool) -> dict[str, Any]:
    until = row.restorable_until
    is_restorable = row.state == State.PREVIOUS and until is not None and until > clock.now()
    url = showing.page(slug, row.connection, "restoration") if is_managed and is_restorable else ""
    return {
        "version": row.version,
        "state": State(row.state).label.lower(),
        "kind": KINDS[State(row.state)],
        "created_at": row.created_at,
        "created_by": row.created_by_name,
        "outcome": MEANINGS[row.outcome].sentence if row.outcome in MEANINGS else "",
        "restore_url": url,
        "restorable_until": until,
        "is_staged": row.state == State.STAGED,
    }
