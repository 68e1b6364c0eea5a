"""Removes what is past its retention; the only thing that ever shortens the audit log."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from spojit.lib import clock
from workspaces import retention


class Command(BaseCommand):
    """Purge, as the owner role of MIGRATION_DATABASE_URL; run it daily."""

    help = "Remove audit events, invitations, notices and other rows past their retention."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Purge each kind and say how many rows went."""
        for name, count in retention.run(now=clock.now()).items():
            self.stdout.write(f"{name}: {count}")
