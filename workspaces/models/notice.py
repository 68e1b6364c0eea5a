"""A notice: something a person should know, shown by the bell and sent once by mail."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from spojit.lib import clock
from workspaces.models.tenant import TenantModel


class Notice(TenantModel):
    """One thing to know, for one person. `key` says what it is about, so that it is said once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    subject_id = models.UUIDField(null=True)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    path = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    read_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "user", "key"],
                condition=models.Q(closed_at=None),
                name="notice_open_once",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "user", "-created_at"], name="notice_of_person"),
            models.Index(fields=["workspace", "subject_id"], name="notice_of_subject"),
            models.Index(
                fields=["created_at"], condition=models.Q(mailed_at=None), name="notice_to_mail"
            ),
        ]

    def __str__(self) -> str:
        """Show the title."""
        return self.title
