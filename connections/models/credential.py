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

    A version whose scheme has tokens keeps them in `tokens`, sealed for their `revision`: a refresh
    replaces them in place. `refresh_asked_at` stands from before a refresh is sent until its
    answer is known, so that an answer that was lost is told from a refusal.

    Of a webhook's version, `first_used_at` and `last_used_at` say when a delivery was signed with
    it, to within a minute; its previous version is valid beside the current one, until it is
    retired by hand or at `restorable_until`.
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
    first_used_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    tokens = models.BinaryField(null=True)
    revision = models.PositiveIntegerField(default=0, db_default=0)
    tokens_issued_at = models.DateTimeField(null=True)
    tokens_expire_at = models.DateTimeField(null=True)
    grant_expires_at = models.DateTimeField(null=True)
    asked_scopes = models.JSONField(null=True)
    granted_scopes = models.JSONField(null=True)
    app_id = models.UUIDField(null=True)
    app_client_id = models.CharField(max_length=300, blank=True, db_default="")
    refresh_place = models.CharField(max_length=270, blank=True, db_default="")
    refresh_due_at = models.DateTimeField(null=True)
    refresh_asked_at = models.DateTimeField(null=True)
    refresh_owner = models.UUIDField(null=True)
    refresh_lease_until = models.DateTimeField(null=True)
    refresh_failures = models.PositiveSmallIntegerField(default=0, db_default=0)
    refresh_failing_since = models.DateTimeField(null=True)
    refresh_outcome = models.CharField(max_length=30, blank=True, db_default="")
    refresh_detail = models.CharField(max_length=300, blank=True, db_default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["refresh_due_at"],
                condition=Q(state=State.CURRENT, refresh_due_at__isnull=False),
                name="credential_refresh_due",
            ),
            models.Index(
                fields=["refresh_lease_until"],
                condition=Q(refresh_lease_until__isnull=False),
                name="credential_refreshing",
            ),
        ]
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
            models.CheckConstraint(
                condition=Q(tokens=None) | ~Q(state=State.DESTROYED),
                name="credential_tokens_until_destroyed",
            ),
        ]

    def __str__(self) -> str:
        """Show which version."""
        return f"version {self.version}"

    @property
    def is_refreshing_late(self) -> bool:
        """Whether the last attempt to renew the tokens failed."""
        return self.refresh_failures > 0
