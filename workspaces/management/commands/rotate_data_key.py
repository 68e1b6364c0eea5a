"""Makes a new data key for a workspace and seals its content again, while the app runs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from spojit.lib.errors import SpojitError
from workspaces.models import Workspace
from workspaces.vault import rotation


class Command(BaseCommand):
    """Run it again with --continue some minutes later, to delete the old key."""

    help = (
        "Make a new data key for a workspace and seal its content again with it. May be stopped "
        "and gone on with by --continue, which also deletes old keys that seal nothing any more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what it takes."""
        parser.add_argument("--workspace", required=True, help="the workspace's slug")
        parser.add_argument(
            "--continue", action="store_true", help="go on with an earlier rotation; no new key"
        )
        parser.add_argument(
            "--batch-size", type=int, default=500, help="values in one transaction (500)"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Rotate, and fail when something is left."""
        workspace = _find(options["workspace"])
        try:
            progress = self._rotate(workspace, options)
        except SpojitError as failure:
            raise CommandError(f"{failure.message} {failure.hint}".strip()) from None
        if progress.retire_at:
            self.stdout.write(
                "Old data keys stay for processes that may still hold them; delete them with "
                f"--continue after {progress.retire_at:%H:%M:%S} UTC."
            )
        if progress.left:
            raise CommandError(
                f"{progress.left} values are still sealed by an old data key, "
                f"{progress.unreadable} of them do not open; the rest with --continue."
            )

    def _rotate(self, workspace: Workspace, options: dict[str, Any]) -> rotation.Resealing:
        progress = rotation.Resealing()
        for progress in rotation.rotate_data_key(
            workspace, new_key=not options["continue"], batch_size=options["batch_size"]
        ):
            self.stdout.write(f"{progress.done} values sealed again")
        if progress.retired:
            self.stdout.write(f"{progress.retired} old data keys deleted")
        return progress


def _find(slug: str) -> Workspace:
    try:
        return Workspace.objects.get(slug__iexact=slug)
    except Workspace.DoesNotExist:
        raise CommandError(f"There is no workspace {slug!r}.") from None
