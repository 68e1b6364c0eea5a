"""`migrate` as the role that owns the tables; then the app's role gets its rights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.commands.migrate import Command as Migrate

from spojit import grants

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(Migrate):
    """Migrates the database by MIGRATION_DATABASE_URL."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Make the owner's role the default."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then grant."""
        super().handle(*args, **options)
        grants.apply(using=options["database"])
