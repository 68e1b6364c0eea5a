"""An invitation into a workspace: one address, one use, seven days."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models

from spojit.lib import clock
from workspaces.models.tenant import TenantModel
from workspaces.roles import Role

if TYPE_CHECKING:
    from datetime import datetime


class Invitation(TenantModel):
    """A link sent to an address; only its hash is stored."""

    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=10, choices=Role.choices)
    token_hash = models.CharField(max_length=64)
    invited_by_id = models.UUIDField()
    invited_by_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token_hash"], name="invitation_token_unique"),
            models.UniqueConstraint(
                fields=["workspace", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="invitation_role_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(mailed_at=None, accepted_at=None, revoked_at=None),
                name="invitation_to_mail",
            )
        ]

    def __str__(self) -> str:
        """Show to whom."""
        return self.email

    def is_open(self, *, now: datetime) -> bool:
        """Whether it can still be accepted."""
        return self.accepted_at is None and self.revoked_at is None and now < self.expires_at
