"""OAuth apps: the client that a service knows us by, the installation's or a workspace's own."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from spojit.lib import clock
from spojit.lib.ids import new_id
from workspaces.models import TenantModel


class OAuthApp(TenantModel):
    """A workspace's own client at a service. Its secret is sealed and never shown again."""

    connector = models.ForeignKey(
        "connectors.Connector", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    scheme = models.CharField(max_length=60)
    client_id = models.CharField(max_length=300)
    secret_sealed = models.BinaryField(null=True)
    set_at = models.DateTimeField(default=clock.now)
    set_by_id = models.UUIDField(null=True)
    set_by_name = models.CharField(max_length=254)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "connector", "scheme"], name="oauth_app_unique"
            ),
            models.CheckConstraint(condition=~models.Q(client_id=""), name="oauth_app_client"),
        ]

    def __str__(self) -> str:
        """Show whose client it is."""
        return f"{self.connector_id}: {self.client_id}"


class InstallationApp(models.Model):
    """The installation's client at a service, for every workspace; staff set it in the admin."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connector = models.ForeignKey(
        "connectors.Connector", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    scheme = models.CharField(max_length=60)
    client_id = models.CharField(max_length=300)
    secret_sealed = models.BinaryField(null=True)
    set_at = models.DateTimeField(default=clock.now)
    set_by_name = models.CharField(max_length=254)

    class Meta:
        verbose_name = "OAuth app"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connector", "scheme"], name="installation_app_unique"),
            models.CheckConstraint(
                condition=~models.Q(client_id=""), name="installation_app_client"
            ),
        ]

    def __str__(self) -> str:
        """Show whose client it is."""
        return f"{self.connector_id}: {self.client_id}"
