"""One matrix of who may do what. Pure: asked by views, templates and domain functions alike."""

from __future__ import annotations

from enum import StrEnum

from django.db.models import TextChoices


class Role(TextChoices):
    """What a member is in a workspace, from least to most."""

    VIEWER = "viewer", "Viewer"
    MEMBER = "member", "Member"
    ADMIN = "admin", "Admin"
    OWNER = "owner", "Owner"


class Permission(StrEnum):
    """One right. "Own" ones reach what the member owns; "any" ones reach everything."""

    SEE = "see"
    CREATE_CONNECTIONS = "create_connections"
    USE_CONNECTIONS = "use_connections"
    MANAGE_OWN_CONNECTIONS = "manage_own_connections"
    MANAGE_ANY_CONNECTION = "manage_any_connection"
    BUILD_WORKFLOWS = "build_workflows"
    MANAGE_MEMBERS = "manage_members"
    READ_AUDIT = "read_audit"
    MANAGE_WORKSPACE = "manage_workspace"


_VIEWER = frozenset({Permission.SEE})
_MEMBER = _VIEWER | {
    Permission.CREATE_CONNECTIONS,
    Permission.USE_CONNECTIONS,
    Permission.MANAGE_OWN_CONNECTIONS,
    Permission.BUILD_WORKFLOWS,
}
_ADMIN = _MEMBER | {
    Permission.MANAGE_ANY_CONNECTION,
    Permission.MANAGE_MEMBERS,
    Permission.READ_AUDIT,
}

MATRIX: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.MEMBER: _MEMBER,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _ADMIN | {Permission.MANAGE_WORKSPACE},
}


RANK: dict[Role, int] = {role: number for number, role in enumerate(Role)}
"""How much a role is, from 0."""


def may(role: Role, permission: Permission) -> bool:
    """Whether a role gives a permission."""
    return permission in MATRIX[role]


def may_give(giver: Role, role: Role) -> bool:
    """Whether a member with one role may make somebody another: owners any, admins below owner."""
    if not may(giver, Permission.MANAGE_MEMBERS):
        return False
    return giver == Role.OWNER or role != Role.OWNER
