"""Wake-ups for workers of the workspaces app."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from spojit.lib import clock
from workspaces import notices


@shared_task(name="workspaces.mail_notices")
def mail_notices(**_: Any) -> None:
    """Mail what was not mailed yet."""
    notices.mail_waiting(now=clock.now())
