"""A version: one definition of a workflow as it was saved. It never changes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from spojit.lib import clock
from workspaces.models import TenantModel


class Version(TenantModel):
    """A definition, by whom and when; `problems` is what kept it from going live.

    One without a number was made for a trial run of the designer's draft: no list shows it, and it
    goes with its run.
    """

    workflow = models.ForeignKey(
        "workflows.Workflow", on_delete=models.CASCADE, related_name="versions", db_index=False
    )
    number = models.PositiveIntegerField(null=True)
    definition = models.JSONField()
    problems = models.JSONField(default=list)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by_id = models.UUIDField(null=True)
    created_by_name = models.CharField(max_length=254)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "number"], name="version_number_unique"),
        ]

    def __str__(self) -> str:
        """Show which one."""
        return f"version {self.number}"

    @property
    def is_sound(self) -> bool:
        """Whether it may go live."""
        return not self.problems
