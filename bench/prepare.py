"""A database of its own for measuring: the embedded servers, migrated, with the app's role."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from tests import database

if TYPE_CHECKING:
    from workspaces.models import User, Workspace

_names: list[str] = []


def environment() -> None:
    """Make the database, set Django up on it, and switch off what only tests want."""
    _names.append(database.prepare("bench"))
    os.environ["REFUSE_UNSCOPED_QUERIES"] = "false"
    os.environ["LOG_LEVEL"] = "WARNING"
    import django  # noqa: PLC0415 - the environment comes first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("sync_connectors", verbosity=0)


def discard() -> None:
    """Drop the database."""
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
    for name in _names:
        database.discard(name)


@cache
def team() -> tuple[Workspace, User]:
    """Make a workspace and its owner once."""
    from workspaces import isolation  # noqa: PLC0415
    from workspaces.models import Membership, User, Workspace  # noqa: PLC0415

    user = User.objects.create_user("bench@example.com", None, name="Bea Bench")
    workspace = Workspace.objects.create(name="Bench", slug="bench")
    with isolation.workspace(workspace):
        Membership.objects.create(workspace=workspace, user=user, role="owner")
    return workspace, user
