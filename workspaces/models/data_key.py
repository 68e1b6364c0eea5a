"""A data key: wrapped by a root key that is outside the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models

from spojit.lib import clock
from spojit.lib.ids import NOBODY, new_id
from workspaces.isolation import ScopedManager

if TYPE_CHECKING:
    import uuid

PLATFORM: uuid.UUID = NOBODY


class DataKey(models.Model):
    """Seals one workspace's content, or the platform's (`workspace_id` is then all zeros)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    root_key_id = models.CharField(max_length=200)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(default=clock.now, editable=False)
    rewrapped_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace_id"],
                condition=models.Q(is_current=True),
                name="data_key_one_current",
            ),
            models.UniqueConstraint(
                fields=["workspace_id", "version"], name="data_key_version_unique"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["root_key_id"], name="data_key_root")]

    def __str__(self) -> str:
        """Show which, never what."""
        return f"{self.workspace_id} v{self.version}"
