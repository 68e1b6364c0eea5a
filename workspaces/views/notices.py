"""Notices: the page behind the bell."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from workspaces import notices as domain
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    from django.http import HttpResponse

    from workspaces.models import Notice

PAGE = 30


@require_safe
@requires(Permission.SEE)
def notices(request: WorkspaceRequest) -> HttpResponse:
    """List what this member was told and is still true."""
    page = Paginator(domain.of(request.membership), PAGE).get_page(request.GET.get("page"))
    context = {"rows": [_row(notice) for notice in page], "page": page}
    return render(request, "workspaces/notices.html", context)


@require_POST
@requires(Permission.SEE)
def reading(request: WorkspaceRequest) -> HttpResponse:
    """Mark all notices as read, or one; `act=close` takes that one off the list."""
    chosen = _id(request.POST.get("notice", ""))
    if chosen and request.POST.get("act") == "close":
        domain.dismiss(request.membership, notice_id=chosen)
    elif chosen or "notice" not in request.POST:
        domain.read(request.membership, ids=[chosen] if chosen else None)
    return redirect("workspaces:notices", request.workspace.slug)


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _row(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.pk,
        "title": notice.title,
        "text": notice.text,
        "url": notice.path,
        "at": notice.created_at,
        "is_unread": notice.read_at is None,
    }
