"""Removes what is past its retention; the only thing that ever shortens the audit log."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from spojit.lib import clock
from workspaces import retention


class Command(BaseCommand):
    """Purge, as the owner role of MIGRATION_DATABASE_URL; run it daily."""

    help = "Remove audit events, invitations, notices and other rows past their retention."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Purge each kind and say how many rows went.

        Raises:
            CommandError: the owner's role is not known here.
        """
        if not settings.MIGRATION_DATABASE_URL:
            raise CommandError(
                "Set MIGRATION_DATABASE_URL: only the owner's role may purge the log."
            )
        for name, count in retention.run(now=clock.now()).items():
            self.stdout.write(f"{name}: {count}")
