"""Writes a workflow as a JSON document, without secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from connections.management.commands.create_connection import find_workspace
from workflows import transfer
from workflows.models import Workflow
from workspaces import isolation

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Exports one workflow by its stable key."""

    help = "Write a workflow as JSON to standard output; `import_workflow` reads it again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what it takes."""
        parser.add_argument("--workspace", required=True, help="the workspace's slug")
        parser.add_argument("--workflow", required=True, help="the workflow's stable key")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the document."""
        workspace = find_workspace(options["workspace"])
        with isolation.workspace(workspace):
            rows = Workflow.objects.present().filter(workspace=workspace)
            workflow = rows.filter(stable_key=options["workflow"]).first()
        if workflow is None:
            raise CommandError(f"There is no workflow {options['workflow']!r}.")
        self.stdout.write(json.dumps(transfer.export(workflow), indent=2, ensure_ascii=False))
