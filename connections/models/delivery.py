"""A delivery: one request that came in at a hook, what was said of it, and what it carried."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from spojit.lib import clock
from workspaces.models import TenantModel


class Verdict(models.TextChoices):
    """What was said of a delivery."""

    ACCEPTED = "accepted", "Accepted"
    DUPLICATE = "duplicate", "Duplicate"
    REFUSED = "refused", "Refused"


class Origin(models.TextChoices):
    """Where a delivery came from."""

    SERVICE = "service", "The service"
    TEST = "test", "A test by a member"
    AGAIN = "again", "Delivered again by a member"


class Delivery(TenantModel):
    """One request. `sealed` holds the body of an accepted one, for a number of days.

    `original_id` is the delivery that a duplicate repeats, or that was delivered again. An accepted
    one is handed to whoever listens once `due_at` has come, and `settled_at` says that it was; a
    claim moves `due_at` on, so that a lost worker's deliveries come up again.
    """

    connection = models.ForeignKey(
        "connections.Connection",
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,
        db_constraint=False,
    )
    received_at = models.DateTimeField(default=clock.now)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.SERVICE)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=254, blank=True)
    address = models.GenericIPAddressField(null=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.CharField(max_length=30)
    sender_id = models.CharField(max_length=200, blank=True)
    signed_at = models.DateTimeField(null=True)
    secret_version = models.PositiveIntegerField(null=True)
    size = models.PositiveIntegerField()
    duration_ms = models.PositiveIntegerField(default=0)
    content_type = models.CharField(max_length=200, blank=True)
    headers = models.JSONField(default=list)
    sealed = models.BinaryField(null=True)
    original_id = models.UUIDField(null=True)
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(sealed=None) | Q(verdict=Verdict.ACCEPTED),
                name="delivery_kept_when_accepted",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "connection", "-received_at", "-id"],
                name="delivery_of_connection",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(settled_at=None, due_at__isnull=False),
                name="delivery_due",
            ),
        ]

    def __str__(self) -> str:
        """Show what was said of it."""
        return f"{self.verdict}: {self.reason}"

    @property
    def is_accepted(self) -> bool:
        """Whether it was verified and new."""
        return self.verdict == Verdict.ACCEPTED

    @property
    def is_handed_over(self) -> bool:
        """Whether whoever listens has got it."""
        return self.settled_at is not None


class DeliveryKey(TenantModel):
    """What deliveries have in common that are the same one; the ID is made from it.

    `id` is the first half of the SHA-256 of connection and key, so that one index does for both.
    """

    connection = models.ForeignKey(
        "connections.Connection",
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    delivery_id = models.UUIDField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="delivery_key_expires")]

    def __str__(self) -> str:
        """Show which delivery has it."""
        return f"key of {self.delivery_id}"


class DeliveryCount(TenantModel):
    """How many deliveries came in one hour (it begins at `hour`), by verdict."""

    connection = models.ForeignKey(
        "connections.Connection", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    hour = models.DateTimeField()
    accepted = models.PositiveIntegerField(default=0, db_default=0)
    duplicates = models.PositiveIntegerField(default=0, db_default=0)
    refused = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "connection", "hour"], name="delivery_count_once_an_hour"
            )
        ]

    def __str__(self) -> str:
        """Show the hour and the counts."""
        return f"{self.hour}: {self.accepted} accepted, {self.refused} refused"
