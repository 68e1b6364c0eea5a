"""Verifies connections now, one after another, and says what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections import leases, verification
from connections.management.commands.list_connections import find

if TYPE_CHECKING:
    from connections.models import Connection


class Command(BaseCommand):
    """Verifies; exits with 1 when any is not Active."""

    help = "Verify the connections of one workspace, or of all, here and now."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what it takes."""
        parser.add_argument("--workspace", help="a workspace's slug; all by default")
        parser.add_argument("--status", help="only those that have this status now")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Verify each; a failing one does not stop the others."""
        failed = [row for row in find(options) if not self._verify(row)]
        if failed:
            raise CommandError(f"{len(failed)} not Active.", returncode=1)

    def _verify(self, connection: Connection) -> bool:
        try:
            check = verification.verify(connection)
        except leases.AlreadyVerifying as refusal:
            self.stdout.write(f"{connection.name}: {refusal.message}")
            return True
        self.stdout.write(f"{connection.name}: {check.status_after}. {check.meaning.sentence}")
        return check.status_after == "active"
