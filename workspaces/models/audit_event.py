"""The audit log: rows that stand alone and outlive what they speak of."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from spojit.lib import clock
from spojit.lib.ids import new_id
from workspaces.isolation import ScopedManager


class AuditEvent(models.Model):
    """Who did what to what, when and from where. The app's role may only add and read."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    workspace_name = models.CharField(max_length=80)
    at = models.DateTimeField(default=clock.now)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=254)
    act = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField(null=True)
    subject_name = models.CharField(max_length=254)
    details = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)

    objects = ScopedManager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["workspace_id", "-at", "-id"], name="audit_by_time"),
            models.Index(fields=["workspace_id", "actor_id", "-at"], name="audit_by_actor"),
            models.Index(fields=["workspace_id", "act", "-at"], name="audit_by_act"),
            models.Index(fields=["workspace_id", "subject_id", "-at"], name="audit_by_subject"),
        ]

    def __str__(self) -> str:
        """Show who did what."""
        return f"{self.actor_name}: {self.act}"
