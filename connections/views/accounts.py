"""Another account was found: both side by side, and a person who accepts or rejects it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from connections import access, tasks, usage, verification
from connections.verification.accounts import FoundYetAnother, NoOtherAccount
from connections.views import finding, showing
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from connections.models import Connection, Credential

MOST_SHOWN = 50


@require_POST
@requires(Permission.SEE)
def decide(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Accept or reject the account that was found."""
    connection = finding.managed(request, connection_id)
    decided = _accept if request.POST.get("decision") == "accept" else _reject
    try:
        messages.success(request, decided(request, connection))
    except (FoundYetAnother, NoOtherAccount) as refused:
        messages.error(request, refused.message)
    return redirect(showing.page(request.workspace.slug, connection, "detail"))


def context(
    request: WorkspaceRequest, connection: Connection, *, staged: Credential | None = None
) -> dict[str, Any] | None:
    """Return both accounts, when there are two to choose from."""
    found = staged if staged and staged.outcome == "other_account" else None
    if found is None and connection.reason != "other_account":
        return None
    source = found or connection
    is_managed = access.may_manage(request.membership, connection)
    return {
        "kept_name": connection.account_name or connection.account_id,
        "kept_id": connection.account_id,
        "found_name": source.found_account_name or source.found_account_id,
        "found_id": source.found_account_id,
        "consequence": _consequence(connection, is_staged=found is not None),
        "changes": usage.references(connection)[:MOST_SHOWN],
        "may_decide": is_managed,
    }


def _consequence(connection: Connection, *, is_staged: bool) -> str:
    used = len(usage.references(connection))
    steps = f"{used} step{'s' if used != 1 else ''} of workflows use this connection"
    where = steps if used else "Nothing uses this connection yet"
    meanwhile = "the old credentials stay in use" if is_staged else "nothing is called through it"
    accepting = "If you accept, everything acts in the other account."
    return f"{where}. {accepting} Until you decide, {meanwhile}."


def _accept(request: WorkspaceRequest, connection: Connection) -> str:
    found_id = request.POST.get("found_id", "")
    row = verification.accept_account(connection, actor=request.actor, found_id=found_id)
    tasks.announce_verification(row)
    return f"The connection now belongs to {row.account_name or 'the other account'}."


def _reject(request: WorkspaceRequest, connection: Connection) -> str:
    verification.reject_account(connection, actor=request.actor)
    if connection.reason == "other_account":
        return "The account stays as it was. Put credentials of that account back to go on."
    return "The account stays as it was; the other credentials were destroyed."
