"""Wake-ups for workers of the workspaces app."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from spojit.lib import clock
from workspaces import invitation_mails, notices


@shared_task(name="workspaces.mail_notices")
def mail_notices(**_: Any) -> None:
    """Mail the notices and invitations that were not mailed yet."""
    now = clock.now()
    notices.mail_waiting(now=now)
    invitation_mails.mail_waiting(now=now)
