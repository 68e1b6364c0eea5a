"""A credential: one sealed version of what a connection signs in with."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from spojit.lib import clock
from workspaces.models import TenantModel

LIVE = "live"


class State(models.TextChoices):
    """Where a version is in its life."""

    STAGED = "staged", "Staged"
    CURRENT = "current", "Current"
    PREVIOUS = "previous", "Previous"
    DESTROYED = "destroyed", "Destroyed"


class Credential(TenantModel):
    """A version of all fields of the scheme: the secret ones only in `sealed`.

    `sealed` holds every value and is what requests are made from; `shown` copies the values that
    are no secret for pages. `fields` says per field when and by whom it was set.
    """

    connection = models.ForeignKey(
        "connections.Connection", on_delete=models.CASCADE, related_name="credentials"
    )
    purpose = models.CharField(max_length=10, default=LIVE)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.STAGED)
    sealed = models.BinaryField(null=True)
    shown = models.JSONField(default=dict)
    fields = models.JSONField(default=dict)
    expires_on = models.DateField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by_id = models.UUIDField(null=True)
    created_by_name = models.CharField(max_length=254)
    outcome = models.CharField(max_length=30, blank=True)
    outcome_detail = models.CharField(max_length=300, blank=True)
    found_account_id = models.CharField(max_length=255, blank=True)
    found_account_name = models.CharField(max_length=255, blank=True)
    promoted_at = models.DateTimeField(null=True)
    restorable_until = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "purpose", "version"], name="credential_version_unique"
            ),
            *(
                models.UniqueConstraint(
                    fields=["connection", "purpose"],
                    condition=Q(state=state),
                    name=f"credential_one_{state}",
                )
                for state in ("staged", "current", "previous")
            ),
            models.CheckConstraint(
                condition=Q(state=State.DESTROYED, sealed=None)
                | ~Q(state=State.DESTROYED) & Q(sealed__isnull=False),
                name="credential_sealed_until_destroyed",
            ),
        ]

    def __str__(self) -> str:
        """Show which version."""
        return f"version {self.version}"
