"""The live checklist of a verification: polled each second until the answer is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from connections import access, credentials, naming, progress
from connections.models import Check, Connection
from connections.models.check import Kind
from connections.oauth import attempts
from connections.views import finding, showing
from connections.views.showing import Link, ShownStatus
from connectors.outcomes import MEANINGS
from spojit.lib import clock
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from connections.models import Authorization, Credential

POLLING_ENDED = 286
TITLES = {
    "running": "Verifying the new credentials",
    "failed": "The new credentials did not work",
    "done": "Promoted: the new credentials are in use",
}
GRANT_TITLES = {
    "running": "Verifying the new authorization",
    "failed": "The connection was not authorized anew",
    "done": "Reconnected: the new authorization is in use",
}


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
    response = render(request, "connections/_checklist_live.html", context, status=status)
    if not shown["is_running"] and _changes_the_page(connection):
        response["HX-Refresh"] = "true"
    return response


def _changes_the_page(connection: Connection) -> bool:
    """Whether the answer changes more of the page than the checklist: acts, or two accounts."""
    staged = credentials.staged(connection)
    is_other = "other_account" in {connection.reason, staged.outcome if staged else ""}
    return connection.manifest_scheme.is_grant or is_other


def of(
    request: WorkspaceRequest, connection: Connection, *, is_rotation: bool = False
) -> dict[str, Any]:
    """Return the context of a connection's checklist, as far as its last verification got.

    On the page of a rotation it also says what became of the new version, and offers what is next.
    """
    attempt = attempts.newest(connection) if connection.manifest_scheme.is_grant else None
    staged = _staged(connection) if is_rotation else None
    last = last_check(connection, version=staged.version if staged else None)
    if attempt is not None and attempt.outcome != "ok":
        shown = _of_attempt(attempt)
    else:
        is_running = _is_awaited(attempt, last, connection) or progress.is_verifying(
            connection, now=clock.now()
        )
        shown = {"is_running": is_running, "steps": progress.running()}
        if last is not None and not is_running:
            shown |= _of_check(request, connection, last)
        if attempt is not None:
            shown["steps"] = progress.authorized(shown["steps"])
    return _framed(request, connection, is_rotation=is_rotation) | shown | (
        _rotation(request, connection, shown) if is_rotation else {}
    )  # fmt: skip


def _is_awaited(attempt: Authorization | None, last: Check | None, connection: Connection) -> bool:
    """Whether the verification that is due by now was not there when the rows were read."""
    if attempt is None or attempt.finished_at is None:
        return last is None and not connection.manifest_scheme.is_grant
    return last is None or last.at < attempt.finished_at


def _framed(
    request: WorkspaceRequest, connection: Connection, *, is_rotation: bool
) -> dict[str, Any]:
    url = showing.page(request.workspace.slug, connection, "checklist")
    if is_rotation:
        return {"url": f"{url}?in=rotation", "back": "credential"}
    return {"url": url, "back": "added"}


def _of_check(request: WorkspaceRequest, connection: Connection, last: Check) -> dict[str, Any]:
    steps = progress.finished(last, scopes=connection.scopes)
    return {"is_done": last.is_ok, "steps": steps} | _said(request, connection, last)


def _of_attempt(attempt: Authorization) -> dict[str, Any]:
    """Tell of an attempt that is being exchanged, or that came to nothing."""
    if not attempt.is_finished:
        return {"is_running": True, "steps": progress.exchanging()}
    why = attempt.detail or MEANINGS[attempt.outcome].sentence
    remedy = attempts.hint(attempt)
    steps = progress.not_authorized(why, remedy=remedy)
    return {"is_running": False, "steps": steps, "headline": why, "hint": remedy}


def _staged(connection: Connection) -> Credential | None:
    """Find the version that waits for its verification; a grant's only once it has tokens."""
    staged = credentials.staged(connection)
    if staged and connection.manifest_scheme.is_grant and staged.tokens is None:
        return None
    return staged


def _rotation(
    request: WorkspaceRequest, connection: Connection, shown: dict[str, Any]
) -> dict[str, Any]:
    slug, is_grant = request.workspace.slug, connection.manifest_scheme.is_grant
    words = GRANT_TITLES if is_grant else TITLES
    if shown["is_running"]:
        return {"title": words["running"]}
    if _staged(connection):
        url = showing.page(slug, connection, "discard")
        return {"title": words["failed"], "discard_url": url}
    if is_grant and not shown.get("is_done"):
        return {"title": words["failed"]}
    previous = credentials.previous(connection)
    told: dict[str, Any] = {"title": words["done"]}
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
