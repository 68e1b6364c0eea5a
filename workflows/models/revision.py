"""A revision: what a workflow's draft was after one edit. Undo and redo walk them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from spojit.lib import clock
from workspaces.models import TenantModel


class Revision(TenantModel):
    """One state of a draft. `number` counts up in the workflow; an edit after undo drops the rest.

    `said` tells the edit in words, such as "Added Condition"; `saved_as` is the number of the
    version that this state was saved as, if it was.
    """

    workflow = models.ForeignKey(
        "workflows.Workflow", on_delete=models.CASCADE, related_name="revisions", db_index=False
    )
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    said = models.CharField(max_length=200)
    node_id = models.CharField(max_length=40, blank=True)
    saved_as = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by_id = models.UUIDField(null=True)
    created_by_name = models.CharField(max_length=254)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "number"], name="revision_number_unique"),
            models.CheckConstraint(condition=~Q(said=""), name="revision_says_something"),
        ]

    def __str__(self) -> str:
        """Show the edit."""
        return self.said
