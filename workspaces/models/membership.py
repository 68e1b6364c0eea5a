"""Who belongs to a workspace, and as what."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from spojit.lib import clock
from workspaces.models.tenant import TenantModel
from workspaces.roles import Permission, Role, may


class Membership(TenantModel):
    """A person's place in a workspace."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role.choices)
    joined_at = models.DateTimeField(default=clock.now, editable=False)
    last_seen_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "user"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        """Show who and as what."""
        return f"{self.user} ({self.get_role_display()})"

    def may(self, permission: Permission) -> bool:
        """Whether this member's role gives a permission."""
        return may(Role(self.role), permission)

    @property
    def is_owner(self) -> bool:
        """Whether this member owns the workspace."""
        return self.role == Role.OWNER
