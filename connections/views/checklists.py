"""The live checklist of a verification: polled each second until the answer is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from connections import access, credentials, naming, progress
from connections.models import Check, Connection
from connections.models.check import Kind
from connections.views import finding, showing
from connections.views.showing import Link, ShownStatus
from spojit.lib import clock
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

POLLING_ENDED = 286


@require_safe
@requires(Permission.SEE)
def checklist(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Answer with the checklist alone; status 286 tells htmx that there is no more to come."""
    connection = finding.seen(request, connection_id)
    is_rotation = request.GET.get("in") == "rotation"
    shown = of(request, connection, is_rotation=is_rotation)
    context = {
        "checklist": shown,
        "head_status": ShownStatus.of(connection) if is_rotation else None,
    }
    status = 200 if shown["is_running"] else POLLING_ENDED
    return render(request, "connections/_checklist_live.html", context, status=status)


def of(
    request: WorkspaceRequest, connection: Connection, *, is_rotation: bool = False
) -> dict[str, Any]:
    """Return the context of a connection's checklist, as far as its last verification got.

    On the page of a rotation it also says what became of the new version, and offers what is next.
    """
    url = showing.page(request.workspace.slug, connection, "checklist")
    staged = credentials.staged(connection) if is_rotation else None
    last = last_check(connection, version=staged.version if staged else None)
    is_running = last is None or progress.is_verifying(connection, now=clock.now())
    shown: dict[str, Any] = {"is_running": is_running, "url": url, "back": "added"}
    if is_rotation:
        shown |= {"url": f"{url}?in=rotation", "back": "credential"}
        shown |= _rotation(request, connection, is_running=is_running)
    if last is None or is_running:
        return shown | {"steps": progress.running()}
    steps = progress.finished(last, scopes=connection.scopes)
    return shown | {"is_done": last.is_ok, "steps": steps} | _said(request, connection, last)


def _rotation(
    request: WorkspaceRequest, connection: Connection, *, is_running: bool
) -> dict[str, Any]:
    slug = request.workspace.slug
    if is_running:
        return {"title": "Verifying the new credentials"}
    if credentials.staged(connection):
        url = showing.page(slug, connection, "discard")
        return {"title": "The new credentials did not work", "discard_url": url}
    previous = credentials.previous(connection)
    told: dict[str, Any] = {"title": "Promoted: the new credentials are in use"}
    if previous:
        told["restore_url"] = showing.page(slug, connection, "restoration")
        told["restorable_until"] = previous.restorable_until
    return told


def last_check(connection: Connection, *, version: int | None = None) -> Check | None:
    """Find the last verification, or that of one version of the credential."""
    rows = Check.objects.filter(connection_id=connection.pk, kind=Kind.VERIFICATION)
    if version is not None:
        rows = rows.filter(credential_version=version)
    check: Check | None = rows.order_by("-at", "-pk").first()
    return check


def same_account(request: WorkspaceRequest, connection: Connection) -> list[str]:
    """Name the other connections to the account that this one belongs to."""
    if not connection.account_id:
        return []
    rows = Connection.objects.present().filter(
        workspace_id=request.workspace.pk,
        connector_id=connection.connector_id,
        account_id=connection.account_id,
    )
    others = rows.exclude(pk=connection.pk).select_related("owner").order_by("created_at")[:5]
    return [access.shown_name(request.membership, other) for other in others]


def _said(request: WorkspaceRequest, connection: Connection, last: Check) -> dict[str, Any]:
    if not last.is_ok:
        return _failed(request, connection, last)
    hint = _twins(request, connection) or last.detail
    if last.outcome == "unverified":
        headline, hint = last.meaning.sentence, last.meaning.hint
    elif last.account_name:
        headline = f"Connected to {last.account_name}."
    else:
        headline = "It works."
    acts = _next_acts(request, connection) if connection.status == "active" else []
    told = {"headline": headline, "hint": hint, "next_acts": acts}
    return told | _rename(request, connection)


def _failed(request: WorkspaceRequest, connection: Connection, last: Check) -> dict[str, Any]:
    retry = showing.page(request.workspace.slug, connection, "verification")
    told: dict[str, Any] = {"headline": last.meaning.sentence, "hint": last.meaning.hint}
    if last.meaning.transient and connection.verification_due_at:
        told |= {"hint": f"{last.meaning.hint} It is tried again by itself.".strip()}
    if last.is_staged:
        told |= {"headline": f"{last.meaning.sentence} The old credentials stay in use."}
    elif access.may_use(request.membership, connection):
        told |= {"retry_url": retry}
    return told


def _twins(request: WorkspaceRequest, connection: Connection) -> str:
    others = same_account(request, connection)
    return f"You already connected this account: {', '.join(others)}." if others else ""


def _next_acts(request: WorkspaceRequest, connection: Connection) -> list[Link]:
    slug, key = request.workspace.slug, connection.connector_id
    tools = connection.manifest.tools
    acts = [Link(showing.page(slug, connection, "detail"), "Open the connection", "connections")]
    if tools:
        where = {"slug": slug, "key": key, "tool_key": tools[0].key}
        url = f"{reverse('connectors:tool', kwargs=where)}?connection={connection.pk}"
        acts.append(Link(url, "Try a tool", "play"))
    source = f"?scheme={connection.scheme}&from={connection.pk}"
    acts.append(Link(showing.add_page(slug, key) + source, "Add another environment", "plus"))
    return acts


def _rename(request: WorkspaceRequest, connection: Connection) -> dict[str, Any]:
    name = better_name(connection)
    if not name or not access.may_manage(request.membership, connection):
        return {}
    url = showing.page(request.workspace.slug, connection, "settings")
    return {"better_name": name, "rename_url": url}


def better_name(connection: Connection) -> str:
    """Return a name that tells more than the connector's own, once the account is known."""
    plain = naming.suggest(connection.manifest.name)
    if not connection.account_name or not connection.name.startswith(plain):
        return ""
    rest = connection.name.removeprefix(plain).strip()
    if rest and not rest.isdigit():
        return ""
    return naming.suggest(
        connection.manifest.name,
        environment=connection.environment if connection.environment != "live" else "",
        account=connection.account_name[:60],
    )
