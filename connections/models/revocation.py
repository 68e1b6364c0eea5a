"""A revocation: tokens of a removed connection, kept sealed until the service took them back."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from spojit.lib import clock
from workspaces.models import TenantModel


class Revocation(TenantModel):
    """Work for a worker, best effort: `sealed` is emptied once it is done or given up."""

    connection = models.ForeignKey(
        "connections.Connection",
        on_delete=models.CASCADE,
        related_name="revocations",
        db_index=False,
    )
    sealed = models.BinaryField(null=True)
    app_id = models.UUIDField(null=True)
    app_client_id = models.CharField(max_length=300, blank=True)
    account_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    due_at = models.DateTimeField(null=True)
    lease_owner = models.UUIDField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=30, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="revocation_due",
            ),
        ]

    def __str__(self) -> str:
        """Show what came of it."""
        return self.outcome or "waiting"
