"""Lists connections with their status; never a credential."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from connections.management.commands.create_connection import find_workspace
from connections.models import Connection
from workspaces import isolation


class Command(BaseCommand):
    """Lists what is there, of one workspace or all."""

    help = "List connections: ID, workspace, connector, name, status, reason, account."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what it takes."""
        parser.add_argument("--workspace", help="a workspace's slug; all by default")
        parser.add_argument("--status", help="only this status")
        parser.add_argument("--json", action="store_true", help="a JSON array, one object each")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print them."""
        rows = [_describe(row) for row in find(options)]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        for row in rows:
            self.stdout.write(
                "  ".join(str(row[key]) for key in ("id", "workspace", "connector", "status"))
                + f"  {row['name']}"
                + (f"  ({row['reason']})" if row["reason"] else "")
            )


def find(options: dict[str, Any]) -> list[Connection]:
    with isolation.everything(reason="manage.py list_connections"):
        rows = Connection.objects.present().select_related("workspace", "owner")
        if options["workspace"]:
            rows = rows.filter(workspace=find_workspace(options["workspace"]))
        if options["status"]:
            rows = rows.filter(status=options["status"])
        return list(rows.order_by("workspace__slug", "name", "pk"))


def _describe(row: Connection) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "workspace": row.workspace.slug,
        "connector": row.connector_id,
        "scheme": row.scheme,
        "name": row.name,
        "stable_key": row.stable_key,
        "status": row.status,
        "reason": row.reason,
        "account": row.account_name,
        "environment": row.environment,
        "owner": row.owner.email if row.owner else None,
        "is_private": row.is_private,
        "checked_at": row.checked_at.isoformat() if row.checked_at else None,
    }
