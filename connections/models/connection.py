"""A connection: a workspace's configured instance of a connector."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Lower
from django.urls import reverse

from connections.health import Health
from connectors import registry
from spojit.lib import clock
from workspaces.isolation import ScopedManager
from workspaces.models import TenantModel

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from connectors.manifest import Connector as Manifest, Scheme


class Status(models.TextChoices):
    """What a connection is, as its last deciding answer says."""

    PENDING = "pending", "Pending"
    ACTIVE = "active", "Active"
    REAUTHORIZE = "reauthorize", "Reauthorize"
    ERROR = "error", "Error"


BROKEN_FIRST = (Status.ERROR, Status.REAUTHORIZE, Status.PENDING, Status.ACTIVE)


class ConnectionQuerySet(models.QuerySet["Connection"]):
    """Questions about connections."""

    def present(self) -> Self:
        """Leave out what was removed."""
        return self.filter(removed_at=None)

    def due(self, *, now: datetime) -> Self:
        """Return those whose verification is due and that nobody is verifying."""
        free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)
        return self.present().filter(free, verification_due_at__lte=now)


class Connection(TenantModel):
    """Everything about a connection but its credentials. Everything refers to it by its ID."""

    connector = models.ForeignKey(
        "connectors.Connector", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    scheme = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    stable_key = models.CharField(max_length=120)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    is_private = models.BooleanField(default=False)

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    urgency = models.GeneratedField(
        expression=Case(
            *(When(status=status, then=Value(rank)) for rank, status in enumerate(BROKEN_FIRST)),
            default=Value(len(BROKEN_FIRST)),
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    reason = models.CharField(max_length=30, blank=True)
    reason_detail = models.CharField(max_length=300, blank=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=300, blank=True)
    last_outcome = models.CharField(max_length=30, blank=True)
    last_outcome_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    account_id = models.CharField(max_length=255, blank=True)
    account_name = models.CharField(max_length=255, blank=True)
    found_account_id = models.CharField(max_length=255, blank=True)
    found_account_name = models.CharField(max_length=255, blank=True)
    environment = models.CharField(max_length=10, blank=True)
    scopes = models.JSONField(null=True)
    is_limited = models.BooleanField(default=False)
    not_permitted = models.JSONField(default=dict)

    verification_due_at = models.DateTimeField(null=True)
    verification_attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.UUIDField(null=True)
    lease_expires_at = models.DateTimeField(null=True)

    created_at = models.DateTimeField(default=clock.now, editable=False)
    removed_at = models.DateTimeField(null=True)
    removed_by_name = models.CharField(max_length=254, blank=True)

    objects = ScopedManager.from_queryset(ConnectionQuerySet)()  # type: ignore[misc]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                F("workspace"),
                Lower("name"),
                condition=Q(removed_at=None),
                name="connection_name_unique",
            ),
            models.UniqueConstraint(
                fields=["workspace", "stable_key"],
                condition=Q(removed_at=None),
                name="connection_stable_key_unique",
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="connection_status_known"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="connection_name_given"),
        ]
        indexes: ClassVar = [
            models.Index(
                F("workspace"),
                F("urgency"),
                Lower("name"),
                F("id"),
                condition=Q(removed_at=None),
                name="connection_broken_first",
            ),
            models.Index(
                fields=["workspace", "status", "connector", "owner"],
                include=["id"],
                condition=Q(removed_at=None),
                name="connection_counted",
            ),
            models.Index(fields=["workspace", "connector"], name="connection_of_connector"),
            models.Index(fields=["workspace", "owner"], name="connection_of_owner"),
            models.Index(
                fields=["verification_due_at"],
                condition=Q(removed_at=None),
                name="connection_due",
            ),
        ]

    def __str__(self) -> str:
        """Show the name."""
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the connection's page; `workspace` must be loaded."""
        return reverse(
            "connections:detail",
            kwargs={"slug": self.workspace.slug, "connection_id": self.pk},
        )

    @property
    def manifest(self) -> Manifest:
        """What the connector's file says."""
        return registry.get(self.connector_id)

    @property
    def manifest_scheme(self) -> Scheme:
        """The scheme by which this connection signs in."""
        return self.manifest.scheme(self.scheme)

    @property
    def health(self) -> Health:
        """The part of this row that the health rule decides on."""
        return Health(
            status=self.status,
            reason=self.reason,
            is_grant=self.manifest_scheme.is_grant,
            failing_since=self.failing_since,
            failures=self.failures,
        )

    @property
    def needs_attention(self) -> bool:
        """Whether a person has to do something."""
        return self.status in {Status.REAUTHORIZE, Status.ERROR}

    def is_owned_by(self, user_id: uuid.UUID) -> bool:
        """Whether this is that person's own connection."""
        return self.owner_id == user_id
