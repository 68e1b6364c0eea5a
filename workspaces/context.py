"""What every page's frame shows: the workspaces, the rights, the count of notices."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from workspaces.access import memberships_of
from workspaces.models import Membership, Notice
from workspaces.roles import Permission


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give templates `workspace`, `membership`, `workspaces`, `may`, `notices_count`, `is_trial`."""
    membership: Membership | None = getattr(request, "membership", None)
    return {
        "is_trial": settings.IS_TRIAL,
        "site_name": settings.SITE_NAME,
        "workspace": membership and membership.workspace,
        "membership": membership,
        "workspaces": SimpleLazyObject(lambda: _workspaces(request)),
        "may": {right.value: bool(membership and membership.may(right)) for right in Permission},
        "notices_count": SimpleLazyObject(lambda: _unread(membership)),
    }


def _workspaces(request: HttpRequest) -> list[Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    memberships = getattr(request, "memberships", None)
    return [row.workspace for row in (memberships or memberships_of(user))]


def _unread(membership: Membership | None) -> int:
    if membership is None:
        return 0
    rows = Notice.objects.filter(workspace_id=membership.workspace_id, user_id=membership.user_id)
    return rows.filter(read_at=None, closed_at=None).count()
