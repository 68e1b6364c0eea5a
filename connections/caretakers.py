"""Who looks after a connection: its owner and the workspace's admins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from workspaces.models import Membership, User
from workspaces.roles import Role

if TYPE_CHECKING:
    from connections.models import Connection


def of(connection: Connection) -> list[User]:
    """List them, in the workspace's scope."""
    rows = Membership.objects.filter(workspace_id=connection.workspace_id).select_related("user")
    found = rows.filter(Q(role__in=[Role.ADMIN, Role.OWNER]) | Q(user_id=connection.owner_id))
    return [membership.user for membership in found]


def first(connection: Connection) -> list[User]:
    """List whom to ask: the owner, while they are a member, and else the admins."""
    everybody = of(connection)
    owners = [user for user in everybody if connection.is_owned_by(user.pk)]
    return owners or everybody
