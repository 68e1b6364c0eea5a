"""An approval: what a run waits for a person to decide."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse

from spojit.lib import clock
from workspaces.models import TenantModel


class Decision(models.TextChoices):
    """How it was decided; what passes its deadline is rejected."""

    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    EXPIRED = "expired", "Expired"


class Approval(TenantModel):
    """One question of one step. `approvers` are IDs of users; with none, admins are asked.

    `message` is masked already, as everything that people read of a run.
    """

    run = models.ForeignKey(
        "workflows.Run", on_delete=models.CASCADE, related_name="approvals", db_index=False
    )
    place = models.CharField(max_length=400)
    node_name = models.CharField(max_length=120)
    message = models.TextField()
    approvers = models.JSONField(default=list)
    deadline_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=254, blank=True)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "place"], name="approval_of_step_unique"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None)
                | ~Q(decision="") & Q(decided_at__isnull=False),
                name="approval_decided_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "-created_at"],
                condition=Q(decision=""),
                name="approval_waits",
            ),
        ]

    def __str__(self) -> str:
        """Show whose question it is."""
        return self.node_name

    def get_absolute_url(self) -> str:
        """Return the address of the approval's page; `workspace` must be loaded."""
        return reverse(
            "workflows:approval", kwargs={"slug": self.workspace.slug, "approval_id": self.pk}
        )
