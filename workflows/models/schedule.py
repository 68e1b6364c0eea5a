"""A schedule: when the clock starts a workflow; derived from its live version."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from workspaces.models import TenantModel


class Schedule(TenantModel):
    """Cron in a time zone. `next_at` is the next moment; none while the workflow is disabled.

    A run is started, and `next_at` moved on, in one transaction: once however many look.
    """

    workflow = models.OneToOneField(
        "workflows.Workflow", on_delete=models.CASCADE, related_name="schedule", db_index=False
    )
    cron = models.CharField(max_length=300)
    time_zone = models.CharField(max_length=300)
    catches_up = models.BooleanField(default=False)
    next_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False), name="schedule_due"
            ),
        ]

    def __str__(self) -> str:
        """Show when."""
        return f"{self.cron} {self.time_zone}"
