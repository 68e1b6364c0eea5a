"""A step: what became of one node in one run, or in one round of a loop."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from workspaces.models import TenantModel


class StepStatus(models.TextChoices):
    """Where a step stands."""

    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"


class Step(TenantModel):
    """`place` tells it from the others of its run: `fetch`, or `each[3].post` in a loop.

    `state_sealed` is the full output, for later steps; `shown` is redacted and cut, for people.
    `output` is the name of the output that the run went on at. `is_copied`: it was done in the run
    that this one repeats, or pinned, and not done again.
    """

    run = models.ForeignKey(
        "workflows.Run", on_delete=models.CASCADE, related_name="steps", db_index=False
    )
    place = models.CharField(max_length=400)
    node_id = models.CharField(max_length=40)
    node_name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    status = models.CharField(max_length=10, choices=StepStatus.choices)
    attempts = models.PositiveSmallIntegerField(default=1)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    duration_ms = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    output = models.CharField(max_length=40, blank=True)
    shown_input = models.JSONField(null=True)
    shown = models.JSONField(null=True)
    is_cut = models.BooleanField(default=False)
    state_sealed = models.BinaryField(null=True)
    connection_id = models.UUIDField(null=True)
    connection_name = models.CharField(max_length=120, blank=True)
    credential_version = models.PositiveIntegerField(default=0)
    tool = models.CharField(max_length=60, blank=True)
    is_copied = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "place"], name="step_place_unique"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "connection_id", "-started_at"],
                condition=models.Q(connection_id__isnull=False),
                name="step_of_connection",
            ),
            models.Index(
                fields=["workspace", "connection_id", "run"],
                condition=models.Q(connection_id__isnull=False),
                name="step_of_connection_and_run",
            ),
        ]

    def __str__(self) -> str:
        """Show which one."""
        return self.place
