"""The matrix of rights, in full: a change of it is a change here."""

from __future__ import annotations

import pytest

from workspaces.roles import MATRIX, Permission, Role, may, may_give

RIGHTS = {
    Permission.SEE: "viewer member admin owner",
    Permission.CREATE_CONNECTIONS: "member admin owner",
    Permission.USE_CONNECTIONS: "member admin owner",
    Permission.MANAGE_OWN_CONNECTIONS: "member admin owner",
    Permission.BUILD_WORKFLOWS: "member admin owner",
    Permission.MANAGE_ANY_CONNECTION: "admin owner",
    Permission.MANAGE_MEMBERS: "admin owner",
    Permission.READ_AUDIT: "admin owner",
    Permission.MANAGE_WORKSPACE: "owner",
}


def test_every_right_and_every_role_is_in_the_matrix() -> None:
    assert set(RIGHTS) == set(Permission)
    assert set(MATRIX) == set(Role)


@pytest.mark.parametrize("permission", Permission)
def test_a_right_belongs_to_exactly_these_roles(permission: Permission) -> None:
    assert [role for role in Role if may(role, permission)] == RIGHTS[permission].split()


@pytest.mark.parametrize(
    ("giver", "roles"),
    [
        (Role.OWNER, "viewer member admin owner"),
        (Role.ADMIN, "viewer member admin"),
        (Role.MEMBER, ""),
        (Role.VIEWER, ""),
    ],
)
def test_a_role_is_given_only_by_who_stands_high_enough(giver: Role, roles: str) -> None:
    assert [role for role in Role if may_give(giver, role)] == roles.split()
