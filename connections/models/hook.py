"""A hook: the address at which a webhook connection takes deliveries."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from spojit.lib import clock
from workspaces.models import TenantModel


class Hook(TenantModel):
    """The token of one address: hashed to be found by, sealed to be shown to who may see it.

    `listeners` is kept by `connections.inbound.listeners`: who is started by what comes here.
    """

    connection = models.OneToOneField(
        "connections.Connection", on_delete=models.CASCADE, related_name="hook"
    )
    token_hash = models.CharField(max_length=64)
    token_sealed = models.BinaryField()
    listeners = models.JSONField(
        default=list, db_default=models.Value([], output_field=models.JSONField())
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token_hash"], name="hook_token_unique"),
        ]

    def __str__(self) -> str:
        """Show whose it is, never the token."""
        return f"hook of {self.connection_id}"
