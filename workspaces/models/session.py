"""A browser in which somebody is signed in, or only has begun to."""

from __future__ import annotations

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from spojit.lib import clock

LONGEST_USER_AGENT = 300


class Session(AbstractBaseSession):
    """One session: Django's columns, whose it is, and where it was last seen.

    `session_key` is not the cookie's value but its hash, see `workspaces.sessions`.
    """

    user = models.ForeignKey(
        "workspaces.User", null=True, on_delete=models.CASCADE, related_name="+"
    )
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=LONGEST_USER_AGENT, blank=True)
    seen_at = models.DateTimeField(default=clock.now)
