"""Wraps every data key by the primary root key, while the app runs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from spojit.lib.errors import SpojitError
from workspaces.vault import rotation


class Command(BaseCommand):
    """Put the new root key first in ROOT_KEYS, restart, run this, then take the old one away."""

    help = (
        "Wrap every data key by the primary root key. Put the new key first in ROOT_KEYS and keep "
        "the old one behind it, restart, run this, and remove the old key when none is left. "
        "May be stopped and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what it takes."""
        parser.add_argument(
            "--batch-size", type=int, default=2000, help="data keys in one transaction (2000)"
        )
        parser.add_argument("--count", action="store_true", help="only say how many are left")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Rotate, and fail when something is left."""
        try:
            left = rotation.count_left() if options["count"] else self._rotate(options)
        except SpojitError as failure:
            raise CommandError(f"{failure.message} {failure.hint}".strip()) from None
        for root_key_id, count in sorted(left.items()):
            self.stdout.write(f"{root_key_id}: {count} data keys left")
        if not left:
            self.stdout.write("Every data key is wrapped by the primary root key.")
        elif not options["count"]:
            raise CommandError("Some data keys could not be wrapped again; see the log.")

    def _rotate(self, options: dict[str, Any]) -> dict[str, int]:
        progress = rotation.Progress()
        for progress in rotation.rotate_root(batch_size=options["batch_size"]):
            left = sum(progress.left.values())
            self.stdout.write(f"{progress.done} done, {left} left")
        return progress.left
