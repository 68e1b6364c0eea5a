"""The base of every row that belongs to a workspace."""

from __future__ import annotations

from django.db import models

from spojit.lib.ids import new_id
from workspaces.isolation import ScopedManager


class TenantModel(models.Model):
    """A row of one workspace. Its migration must end with `isolation.Wall`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(
        "workspaces.Workspace", on_delete=models.CASCADE, related_name="+", db_index=False
    )

    objects = ScopedManager()

    class Meta:
        abstract = True
