"""What every page's frame shows: the workspaces, the rights, the count of notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from workspaces import notices
from workspaces.access import memberships_of
from workspaces.roles import Permission

if TYPE_CHECKING:
    from django.http import HttpRequest

    from workspaces.models import Membership


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give templates what the frame needs; lists and counts are asked for only when shown."""
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
    return notices.count_unread(membership) if membership else 0
