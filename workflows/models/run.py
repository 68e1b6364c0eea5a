"""A run: one execution of one version of a workflow. The row is the work; workers claim it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from spojit.lib import clock
from workspaces.models import TenantModel


class RunStatus(models.TextChoices):
    """Where a run stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    TIMED_OUT = "timed_out", "Timed out"
    CANCELLED = "cancelled", "Cancelled"


class TriggerKind(models.TextChoices):
    """What started a run."""

    MANUAL = "manual", "By a person"
    WEBHOOK = "webhook", "By a delivery"
    SCHEDULE = "schedule", "By the clock"
    RERUN = "rerun", "Run again"
    WORKFLOW = "workflow", "By another workflow"
    FAILURE = "failure", "By a failed run"


class Run(TenantModel):
    """One execution. `data_sealed` is what its trigger brought, `response_sealed` what it gave.

    `due_at` is when a worker is to look at it next. A claim moves it on to the end of the claim's
    lease, so that what a lost worker held comes up again; only `lease_owner` may write meanwhile.
    `losses` counts the workers that were lost over it since a step was last committed.
    `is_trial` marks runs from the designer. With `only_node_id`, that one step is run and no other.
    `parent_id` and `parent_place` name the step of another run that started it and waits for it;
    `rerun_of_id` the run that it repeats. `scheduled_at` is the moment of the schedule.
    `error_connection_id` is the connection of the step that failed, when it had one.
    """

    workflow = models.ForeignKey(
        "workflows.Workflow", on_delete=models.CASCADE, related_name="runs", db_index=False
    )
    version = models.ForeignKey(
        "workflows.Version", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED)
    trigger = models.CharField(max_length=10, choices=TriggerKind.choices)
    data_sealed = models.BinaryField(null=True)
    response_sealed = models.BinaryField(null=True)
    delivery_id = models.UUIDField(null=True)
    scheduled_at = models.DateTimeField(null=True)
    parent_id = models.UUIDField(null=True)
    parent_place = models.CharField(max_length=400, blank=True)
    depth = models.PositiveSmallIntegerField(default=0)
    rerun_of_id = models.UUIDField(null=True)
    is_trial = models.BooleanField(default=False)
    only_node_id = models.CharField(max_length=40, blank=True)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    lease_owner = models.UUIDField(null=True)
    losses = models.PositiveSmallIntegerField(default=0)
    worked_ms = models.PositiveBigIntegerField(default=0)
    priority = models.PositiveSmallIntegerField(default=0)
    waits_for = models.CharField(max_length=10, blank=True)
    waits_for_id = models.UUIDField(null=True)
    error_node_id = models.CharField(max_length=40, blank=True)
    error_outcome = models.CharField(max_length=40, blank=True)
    error_sentence = models.CharField(max_length=300, blank=True)
    error_connection_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["delivery_id", "workflow"],
                condition=Q(trigger=TriggerKind.WEBHOOK),
                name="run_once_a_delivery",
            ),
            models.UniqueConstraint(
                fields=["workflow", "scheduled_at"],
                condition=Q(scheduled_at__isnull=False, rerun_of_id=None),
                name="run_once_a_moment",
            ),
            models.UniqueConstraint(
                fields=["parent_id", "parent_place"],
                condition=Q(parent_id__isnull=False, rerun_of_id=None),
                name="run_once_a_parent_step",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None, due_at__isnull=False)
                | Q(finished_at__isnull=False, due_at=None, lease_owner=None),
                name="run_due_until_finished",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "workflow", "priority", "due_at", "id"],
                condition=Q(status__in=["queued", "running"]),
                name="run_queue",
            ),
            models.Index(
                fields=["due_at", "id"], condition=Q(status="waiting"), name="run_resting"
            ),
            models.Index(
                fields=["workspace", "workflow", "due_at"],
                condition=Q(lease_owner__isnull=False),
                name="run_leased",
            ),
            models.Index(fields=["workflow", "-created_at", "-id"], name="run_of_workflow"),
            models.Index(
                fields=["workspace", "workflow", "status", "-created_at", "-id"],
                name="run_of_workflow_and_status",
            ),
            models.Index(
                fields=["workspace", "waits_for_id"],
                condition=Q(waits_for_id__isnull=False),
                name="run_held",
            ),
            models.Index(
                fields=["workspace", "status", "-created_at", "-id"], name="run_of_status"
            ),
            models.Index(
                fields=["workspace", "error_connection_id", "-created_at"],
                condition=Q(error_connection_id__isnull=False),
                name="run_failed_for_connection",
            ),
            models.Index(
                fields=["rerun_of_id"],
                condition=Q(rerun_of_id__isnull=False),
                name="run_again",
            ),
            models.Index(
                fields=["workflow", "lease_owner"],
                condition=Q(finished_at=None),
                name="run_unfinished_of_workflow",
            ),
            models.Index(
                fields=["finished_at"], condition=Q(finished_at__isnull=False), name="run_finished"
            ),
        ]

    def __str__(self) -> str:
        """Show where it stands."""
        return f"run {self.status}"

    def get_absolute_url(self) -> str:
        """Return the address of the run's page; `workspace` must be loaded."""
        return f"{self.workspace.get_absolute_url()}runs/{self.pk}/"

    @property
    def is_finished(self) -> bool:
        """Whether nothing of it is left to be done."""
        return self.finished_at is not None
