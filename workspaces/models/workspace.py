"""A workspace: the tenant."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from spojit.lib import clock
from spojit.lib.ids import new_id

SLUG_PATTERN = r"^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$"


class Workspace(models.Model):
    """A team's own room: everything in it is invisible from every other one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80)
    slug = models.CharField(max_length=48, validators=[RegexValidator(SLUG_PATTERN)])
    time_zone = models.CharField(max_length=64, default="UTC")
    audit_retention_days = models.PositiveIntegerField(default=365)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("slug"), name="workspace_slug_unique"),
            models.CheckConstraint(condition=~models.Q(name=""), name="workspace_name_given"),
        ]

    def __str__(self) -> str:
        """Show the name."""
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the workspace's first page."""
        return reverse("workspaces:home", kwargs={"slug": self.slug})
