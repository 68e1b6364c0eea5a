"""Where a person is signed in, and signing out of it from afar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from spojit.lib import browsers
from workspaces import sessions as domain
from workspaces.access import WorkspaceRequest, signed_in

if TYPE_CHECKING:
    from django.http import HttpResponse

    from workspaces.models import Session


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def sessions(request: WorkspaceRequest) -> HttpResponse:
    """List a person's sessions; a POST ends the one that `session` names, else all the others."""
    if request.method == "POST":
        messages.success(request, _told(_end(request)))
        return redirect("workspaces:sessions")
    current = domain.hashed(request.session.session_key or "")
    rows = [_row(session, current) for session in domain.of(request.user)]
    rows.sort(key=lambda row: not row["is_current"])
    context = {"rows": rows, "has_others": len(rows) > 1}
    return render(request, "account/sessions.html", context)


def _end(request: WorkspaceRequest) -> int:
    chosen = request.POST.get("session", "")
    if chosen:
        return domain.end(request.user, session_id=chosen)
    return domain.end_others(request.user, current=request.session)  # type: ignore[arg-type]


def _told(count: int) -> str:
    if count == 0:
        return "Nothing was left to sign out of."
    return "Signed out of it." if count == 1 else f"Signed out of {count} other sessions."


def _row(session: Session, current: str) -> dict[str, Any]:
    return {
        "id": session.pk,
        "browser": browsers.in_words(session.user_agent),
        "address": session.address or "",
        "seen_at": session.seen_at,
        "is_current": session.pk == current,
    }
