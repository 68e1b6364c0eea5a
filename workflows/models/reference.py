"""A reference: one node of a workflow that uses a connection, derived when a version is saved."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from workspaces.models import TenantModel


class Reference(TenantModel):
    """A node and its connection, in the live version, in the latest one, or in both.

    `tool` is empty for a trigger.
    """

    workflow = models.ForeignKey(
        "workflows.Workflow", on_delete=models.CASCADE, related_name="references", db_index=False
    )
    connection = models.ForeignKey(
        "connections.Connection", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    node_id = models.CharField(max_length=40)
    node_name = models.CharField(max_length=120)
    tool = models.CharField(max_length=60, blank=True)
    is_live = models.BooleanField(default=False)
    is_latest = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workflow", "node_id", "connection", "tool"], name="reference_unique"
            ),
            models.CheckConstraint(
                condition=Q(is_live=True) | Q(is_latest=True), name="reference_stands_somewhere"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "connection"], name="reference_of_connection"),
        ]

    def __str__(self) -> str:
        """Show the node."""
        return self.node_name
