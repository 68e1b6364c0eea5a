"""Asking whoever looks after a broken connection to mend it, with one click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from connections import access, alarms
from connections.alarms import NothingToMend
from connections.models import Status
from connections.views import finding, returning, showing
from spojit.lib.limits import TooMany
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from connections.models import Connection
    from workspaces.models import Membership


@require_POST
@requires(Permission.SEE)
def ask(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Send a notice and a mail with a link straight to where the connection is mended."""
    connection = finding.used(request, connection_id)
    try:
        asked = alarms.ask_to_mend(connection, actor=request.user)
    except (NothingToMend, TooMany) as refusal:
        messages.warning(request, f"{refusal.message} {refusal.hint}".strip())
    else:
        names = ", ".join(str(user) for user in asked)
        messages.success(request, f"{names} was asked, in the app and by mail.")
    return redirect(returning.back(request, connection))


def offer(connection: Connection, *, slug: str, membership: Membership) -> dict[str, str] | None:
    """Return the button for whoever may use a broken connection and not mend it."""
    if not connection.needs_attention or access.may_manage(membership, connection):
        return None
    if not access.may_use(membership, connection):
        return None
    verb = "reconnect" if connection.status == Status.REAUTHORIZE else "repair"
    whom = str(connection.owner) if connection.owner else "the admins"
    return {"url": showing.page(slug, connection, "ask"), "label": f"Ask {whom} to {verb} it"}
