"""A check: one verification, or one change of status, and what decided it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from connectors.outcomes import MEANINGS, Meaning
from spojit.lib import clock
from workspaces.models import TenantModel


class Kind(models.TextChoices):
    """What made the check."""

    VERIFICATION = "verification", "Verification"
    CALL = "call", "Call"
    REFRESH = "refresh", "Refresh"
    AUTHORIZATION = "authorization", "Authorization"
    DECISION = "decision", "Decision of a person"
    DELIVERY = "delivery", "Delivery"


class Check(TenantModel):
    """What was asked, what came of it, and the status before and after."""

    connection = models.ForeignKey(
        "connections.Connection", on_delete=models.CASCADE, related_name="checks", db_index=False
    )
    kind = models.CharField(max_length=14, choices=Kind.choices, default=Kind.VERIFICATION)
    credential_version = models.PositiveIntegerField(default=0)
    is_staged = models.BooleanField(default=False)
    outcome = models.CharField(max_length=30)
    detail = models.CharField(max_length=300, blank=True)
    called = models.CharField(max_length=300, blank=True)
    status_code = models.PositiveSmallIntegerField(default=0)
    status_before = models.CharField(max_length=12)
    status_after = models.CharField(max_length=12)
    account_name = models.CharField(max_length=255, blank=True)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=254, blank=True)
    at = models.DateTimeField(default=clock.now)
    duration_ms = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["workspace", "connection", "-at"], name="check_of_connection")
        ]

    def __str__(self) -> str:
        """Show what came of it."""
        return f"{self.kind}: {self.outcome}"

    @property
    def meaning(self) -> Meaning:
        """What the outcome says to people."""
        return MEANINGS[self.outcome]

    @property
    def is_ok(self) -> bool:
        """Whether it went well."""
        return self.outcome in {"ok", "unverified"}
