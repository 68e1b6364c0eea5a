"""A call that a person asked for: the row is the work, a worker carries it out."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from connectors.outcomes import MEANINGS, Meaning
from spojit.lib import clock
from workspaces.models import TenantModel


class Call(TenantModel):
    """One tool, tried from its page. Arguments are sealed; `shown` is redacted and cut.

    `connection` is empty for connectors that need none.
    """

    connection = models.ForeignKey(
        "connections.Connection",
        on_delete=models.CASCADE,
        null=True,
        related_name="calls",
        db_index=False,
    )
    connection_name = models.CharField(max_length=120, blank=True)
    connector_key = models.CharField(max_length=60)
    tool = models.CharField(max_length=60)
    arguments_sealed = models.BinaryField(null=True)
    credential_version = models.PositiveIntegerField(default=0)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease_owner = models.UUIDField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=30, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    status_code = models.PositiveSmallIntegerField(default=0)
    duration_ms = models.PositiveIntegerField(default=0)
    shown = models.JSONField(null=True)
    is_cut = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "connection", "-created_at"], name="call_of_connection"
            ),
            models.Index(
                fields=["created_at"], condition=models.Q(finished_at=None), name="call_unfinished"
            ),
        ]

    def __str__(self) -> str:
        """Show which tool."""
        return f"{self.connector_key}.{self.tool}"

    @property
    def is_finished(self) -> bool:
        """Whether the answer is there."""
        return self.finished_at is not None

    @property
    def meaning(self) -> Meaning:
        """What the outcome says to people; only when finished."""
        return MEANINGS[self.outcome]

    @property
    def is_ok(self) -> bool:
        """Whether it did what was asked."""
        return self.outcome in {"ok", "unverified"}
