"""Verify now, and the panel that tells what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from connections import access, credentials, progress, tasks, verification
from connections.views import (
    checklists,
    finding,
    grants,
    hooking,
    mending,
    returning,
    showing,
    versions,
)
from connections.views.checklists import POLLING_ENDED
from connections.views.showing import Link, ShownStatus
from connectors.outcomes import MEANINGS, Meaning
from spojit.lib import clock
from spojit.lib.limits import TooMany
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from connections.models import Connection

PENDING = "Not connected yet: nobody has authorized it at the service."


@require_POST
@requires(Permission.SEE)
def verify(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Make a verification due and wake a worker; the page that comes back shows it live."""
    connection = finding.used(request, connection_id)
    try:
        verification.request(connection, actor=request.actor)
    except TooMany as refusal:
        messages.warning(request, f"{refusal.message} {refusal.hint}")
    else:
        tasks.announce_verification(connection)
    return redirect(returning.back(request, connection))


@require_safe
@requires(Permission.SEE)
def status(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Answer with the status panel alone; status 286 ends the polling."""
    connection = finding.seen(request, connection_id)
    if connection.manifest_scheme.is_inbound:
        return hooking.status(request, connection)
    shown = panel(request, connection)
    context = {"panel": shown, "head_status": ShownStatus.of(connection)}
    code = 200 if shown["is_verifying"] else POLLING_ENDED
    return render(request, "connections/_status_panel.html", context, status=code)


def panel(request: WorkspaceRequest, connection: Connection) -> dict[str, Any]:
    """Return what the status panel says: the status, why, since when, and what to do."""
    slug = request.workspace.slug
    meaning = MEANINGS.get(connection.reason)
    return {
        "url": showing.page(slug, connection, "status"),
        "is_verifying": progress.is_verifying(connection, now=clock.now()),
        "status": ShownStatus(connection.status, ShownStatus.of(connection).word),
        "sentence": meaning.sentence if meaning else _fine(connection),
        "hint": meaning.hint if meaning else "",
        "detail": connection.reason_detail,
        "remedies": _remedies(request, connection),
        "abandon_url": _abandon_url(request, connection),
        "ask": mending.offer(connection, slug=slug, membership=request.membership),
        "warnings": _warnings(request, connection),
        "decided_at": connection.decided_at,
        "decided_by": connection.decided_by,
        "last_outcome": _last(connection),
        "last_outcome_at": connection.last_outcome_at,
    }


def _fine(connection: Connection) -> str:
    if connection.status == "pending":
        return PENDING if _is_awaited(connection) else "It is verified in a moment."
    if connection.last_outcome == "unverified":
        return MEANINGS["unverified"].sentence
    return f"It works, as {connection.account_name}." if connection.account_name else "It works."


def _is_awaited(connection: Connection) -> bool:
    """Whether a person has yet to authorize it."""
    return connection.manifest_scheme.is_grant and not grants.is_connected(connection)


def _abandon_url(request: WorkspaceRequest, connection: Connection) -> str:
    if not _is_awaited(connection) or not access.may_manage(request.membership, connection):
        return ""
    return showing.page(request.workspace.slug, connection, "abandon")


def _last(connection: Connection) -> str:
    meaning: Meaning | None = MEANINGS.get(connection.last_outcome)
    return meaning.sentence.rstrip(".") if meaning else ""


def _remedies(request: WorkspaceRequest, connection: Connection) -> list[Link]:
    slug, membership = request.workspace.slug, request.membership
    here = showing.page(slug, connection, "detail")
    if _is_awaited(connection) and access.may_manage(membership, connection):
        return [Link(showing.page(slug, connection, "added"), "Continue")]
    found = showing.remedy(connection, slug=slug, membership=membership)
    return [found] if found and found.url != here else []


def _warnings(request: WorkspaceRequest, connection: Connection) -> list[dict[str, str]]:
    found = [
        _staged_warning(request, connection),
        grants.late_warning(connection),
        _expiry_warning(request, connection),
    ]
    if connection.is_limited:
        found.append(
            {
                "title": "The credentials are good and may do little.",
                "text": connection.reason_detail,
            }
        )
    if others := checklists.same_account(request, connection):
        names = ", ".join(others)
        found.append({"title": "You already connected this account.", "text": f"Also by: {names}."})
    if connection.not_permitted:
        names = ", ".join(sorted(connection.not_permitted))
        found.append(
            {"title": "Some tools are not permitted.", "text": f"The service refused: {names}."}
        )
    return [warning for warning in found if warning]


def _staged_warning(request: WorkspaceRequest, connection: Connection) -> dict[str, str] | None:
    staged = credentials.staged(connection)
    if staged is None or not access.may_manage(request.membership, connection):
        return None
    said = (
        f"{MEANINGS[staged.outcome].sentence} {staged.outcome_detail}".rstrip()
        if staged.outcome in MEANINGS
        else "They are verified first."
    )
    return {
        "title": "New credentials wait beside those in use.",
        "text": said,
        "url": showing.page(request.workspace.slug, connection, "credential"),
        "label": "See",
    }


def _expiry_warning(request: WorkspaceRequest, connection: Connection) -> dict[str, str] | None:
    if not access.may_manage(request.membership, connection):
        return None
    current = credentials.current(connection)
    return versions.expiry_warning(connection, current, slug=request.workspace.slug)
