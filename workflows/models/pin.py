"""A pin: what a node is taken to have given when a later step is tried alone."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from spojit.lib import clock
from workspaces.models import TenantModel


class Pin(TenantModel):
    """Data that somebody pinned to a node, sealed; only tries of steps look at it."""

    workflow = models.ForeignKey(
        "workflows.Workflow", on_delete=models.CASCADE, related_name="pins", db_index=False
    )
    node_id = models.CharField(max_length=40)
    data_sealed = models.BinaryField()
    pinned_at = models.DateTimeField(default=clock.now)
    pinned_by_name = models.CharField(max_length=254)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "node_id"], name="pin_of_node_unique"),
        ]

    def __str__(self) -> str:
        """Show whose."""
        return self.node_id
