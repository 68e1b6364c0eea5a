"""Creates a workflow out of an exported document; says which connections it found, and how."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from connections.management.commands.create_connection import find_workspace
from connections.models import Connection
from spojit.lib.errors import SpojitError
from workflows import transfer
from workspaces import isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    import uuid

    from django.core.management.base import CommandParser

    from workspaces.models import Workspace


class Command(BaseCommand):
    """Imports one workflow from standard input."""

    help = "Read an exported workflow from standard input and create it, disabled."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what it takes."""
        parser.add_argument("--workspace", required=True, help="the workspace's slug")
        parser.add_argument("--name", default="", help="another name than the document's")
        parser.add_argument(
            "--bind",
            action="append",
            default=[],
            metavar="ID=STABLE_KEY",
            help="which connection stands for one of the document; empty leaves it open",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be bound")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create it, and print its stable key."""
        workspace = find_workspace(options["workspace"])
        actor = Actor.system("manage.py")
        try:
            document = json.load(sys.stdin)
            bindings = dict(_binding(workspace, text) for text in options["bind"])
            for needed in transfer.needs(workspace, document, actor=actor):
                self._tell(needed, bindings)
            if options["dry_run"]:
                return
            workflow = transfer.import_(
                workspace, document, bindings=bindings, actor=actor, name=options["name"]
            )
        except ValueError:
            raise CommandError("Standard input is no JSON.") from None
        except SpojitError as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from None
        self.stdout.write(workflow.stable_key)

    def _tell(self, needed: transfer.Needed, bindings: dict[str, uuid.UUID | None]) -> None:
        if needed.id in bindings:
            said = "as you chose" if bindings[needed.id] else "left open"
        elif needed.found:
            said = f"{needed.found.name}, found by its {needed.by.replace('_', ' ')}"
        else:
            said = "not found: left open"
        self.stderr.write(f"{needed.name} ({needed.connector_key}): {said}")


def _binding(workspace: Workspace, text: str) -> tuple[str, uuid.UUID | None]:
    key, _, stable_key = text.partition("=")
    if not stable_key:
        return key, None
    with isolation.workspace(workspace):
        rows = Connection.objects.present().filter(workspace=workspace)
        row = rows.filter(stable_key=stable_key).first()
    if row is None:
        raise CommandError(f"There is no connection {stable_key!r}.")
    return key, row.pk
