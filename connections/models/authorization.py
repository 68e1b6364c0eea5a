"""An authorization: one attempt of a person to let a connection in at a service."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from spojit.lib import clock
from workspaces.models import TenantModel


class Authorization(TenantModel):
    """From leaving for the service until the code was exchanged, or the attempt came to nothing.

    The state is stored hashed; the verifier and the code are sealed and go as soon as they are
    used. `credential_id` is the version whose fields were used; it gets the tokens when it has
    none yet, else a copy of it does. `answer_sealed` holds the code and what the callback told.
    """

    connection = models.ForeignKey(
        "connections.Connection",
        on_delete=models.CASCADE,
        related_name="authorizations",
        db_index=False,
    )
    credential_id = models.UUIDField(null=True)
    state_hash = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=254)
    scopes = models.JSONField(default=list)
    app_id = models.UUIDField(null=True)
    app_client_id = models.CharField(max_length=300)
    verifier_sealed = models.BinaryField(null=True)
    answer_sealed = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    lease_owner = models.UUIDField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=30, blank=True)
    error = models.CharField(max_length=60, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "connection", "-created_at"],
                name="authorization_of_connection",
            ),
            models.Index(
                fields=["returned_at"],
                condition=models.Q(finished_at=None, returned_at__isnull=False),
                name="authorization_waiting",
            ),
            models.Index(fields=["created_at"], name="authorization_made"),
        ]

    def __str__(self) -> str:
        """Show how far it got."""
        return self.outcome or ("returned" if self.returned_at else "left for the service")

    @property
    def is_finished(self) -> bool:
        """Whether it came to something, or to nothing."""
        return self.finished_at is not None
