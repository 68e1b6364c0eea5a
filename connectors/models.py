"""The row of a connector: what staff hide and disable, and what a connection points to.

What the connector is and can do stands in its file; `registry.get(row.key)` reads it.
"""

from __future__ import annotations

from django.db import models

from spojit.lib import clock


class ConnectorQuerySet(models.QuerySet["Connector"]):
    """Questions about connectors that staff decide."""

    def addable(self) -> ConnectorQuerySet:
        """Return those that may get new connections."""
        return self.filter(is_present=True, is_hidden=False, is_disabled=False)


class Connector(models.Model):
    """One connector of the catalogue. Made by `manage.py sync_connectors`, never by hand."""

    key = models.CharField(max_length=60, primary_key=True)
    name = models.CharField(max_length=80)
    category = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    is_present = models.BooleanField(
        default=True, help_text="A file of the catalogue describes it."
    )
    is_hidden = models.BooleanField(default=False, help_text="No new connections.")
    is_disabled = models.BooleanField(default=False, help_text="Calls are refused too.")
    disabled_reason = models.CharField(max_length=200, blank=True)
    deprecation_notice = models.CharField(max_length=300, blank=True)
    synced_at = models.DateTimeField(default=clock.now)

    objects = ConnectorQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(key__regex=r"^[a-z][a-z0-9_]*$"), name="connector_key_form"
            )
        ]

    def __str__(self) -> str:
        """Show the name."""
        return self.name
