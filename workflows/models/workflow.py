"""A workflow: a name, and which of its versions is edited and which one runs."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from spojit.lib import clock
from workspaces.isolation import ScopedManager
from workspaces.models import TenantModel


class WorkflowQuerySet(models.QuerySet["Workflow"]):
    """Questions about workflows."""

    def present(self) -> Self:
        """Leave out what was deleted."""
        return self.filter(removed_at=None)


class Workflow(TenantModel):
    """Everything about a workflow but its definition, which its versions have.

    `latest` is what was saved last, `live` what triggers start; they differ while the latest one
    has problems. `draft` is what is edited: the revision that the designer shows.
    `most_at_once` limits its unfinished runs that workers are at (0: no limit); a step waits for
    a broken connection for `hold_hours`. `failing_since` is set by the first failure that was
    told, and cleared by the next run that completes. `error_workflow` is started when a run fails.
    """

    name = models.CharField(max_length=120)
    stable_key = models.CharField(max_length=120)
    is_enabled = models.BooleanField(default=False)
    tags = models.JSONField(default=list)
    live = models.ForeignKey(
        "workflows.Version",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
    )
    latest = models.ForeignKey(
        "workflows.Version",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
    )
    draft = models.ForeignKey(
        "workflows.Revision",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
    )
    error_workflow = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    most_at_once = models.PositiveSmallIntegerField(default=0)
    hold_hours = models.PositiveSmallIntegerField(default=24)
    failing_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by_id = models.UUIDField(null=True)
    created_by_name = models.CharField(max_length=254)
    removed_at = models.DateTimeField(null=True)
    removed_by_name = models.CharField(max_length=254, blank=True)

    objects = ScopedManager.from_queryset(WorkflowQuerySet)()  # type: ignore[misc]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                F("workspace"),
                Lower("name"),
                condition=Q(removed_at=None),
                name="workflow_name_unique",
            ),
            models.UniqueConstraint(
                fields=["workspace", "stable_key"],
                condition=Q(removed_at=None),
                name="workflow_stable_key_unique",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="workflow_name_given"),
            models.CheckConstraint(
                condition=Q(hold_hours__gte=1, hold_hours__lte=720), name="workflow_hold_bounded"
            ),
            models.CheckConstraint(
                condition=Q(is_enabled=False) | Q(live__isnull=False) & Q(removed_at=None),
                name="workflow_enabled_when_live",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace"], condition=Q(most_at_once__gt=0), name="workflow_limited"
            ),
        ]

    def __str__(self) -> str:
        """Show the name."""
        return self.name
