"""How often a connection was used on one day, and how often that failed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from workspaces.models import TenantModel


class UseCounter(TenantModel):
    """Counts of one connection and one day (UTC)."""

    connection = models.ForeignKey(
        "connections.Connection", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    refreshes = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "connection", "day"], name="use_counter_once_a_day"
            )
        ]

    def __str__(self) -> str:
        """Show the day and the counts."""
        return f"{self.day}: {self.calls} calls, {self.failures} failed"
