"""Makes the demo workspace of a trial, once: three connections to what runs on this machine."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from connections import lifecycle, tasks
from workspaces import isolation
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Role

EMAIL = "demo@example.com"
SLUG = "demo"


class Command(BaseCommand):
    """Makes it on the first start; afterwards only repeats the log-in."""

    help = "Make the demo workspace of a trial, and print its address and log-in."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make what is missing. Outside a trial it refuses."""
        if not settings.IS_TRIAL:
            raise CommandError("The demo workspace is for trials only.")
        password = _password()
        if not Workspace.objects.filter(slug=SLUG).exists():
            _make(password)
        base = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
        self.stdout.write(f"Demo workspace: {base}/w/{SLUG}/connections/")
        self.stdout.write(f"Log-in:         {EMAIL}  {password}")


def _password() -> str:
    path = Path(settings.VAR_DIR) / "demo-password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(12), encoding="utf-8")
    return path.read_text(encoding="utf-8")


@transaction.atomic
def _make(password: str) -> None:
    user = User.objects.create_user(EMAIL, password, name="Dana Demo", is_staff=True)
    user.is_superuser = True
    user.save(update_fields=["is_superuser"])
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    workspace = Workspace.objects.create(name="Demo", slug=SLUG)
    with isolation.workspace(workspace):
        Membership.objects.create(workspace=workspace, user=user, role=Role.OWNER)
    for connector, scheme, name, values in _connections():
        connection = lifecycle.create(
            workspace,
            connector_key=connector,
            scheme=scheme,
            name=name,
            values=values,
            actor=user,
        )
        tasks.announce_verification(connection)


def _connections() -> list[tuple[str, str, str, dict[str, str]]]:
    port = os.environ.get("PORT") or "8000"
    here = {"base_url": f"http://127.0.0.1:{port}", "test_path": "/healthz"}
    database = _parts(os.environ["DEMO_DATABASE_URL"])
    cache = _parts(os.environ["DEMO_REDIS_URL"])
    return [
        ("postgresql", "database", "PostgreSQL - Demo", database),
        ("redis", "database", "Redis - Demo", cache),
        ("http", "none", "HTTP - This Spojit", here),
    ]


def _parts(url: str) -> dict[str, str]:
    split = urlsplit(url)
    return {
        "host": split.hostname or "127.0.0.1",
        "port": str(split.port),
        "database": split.path.lstrip("/"),
        "username": unquote(split.username or ""),
        "password": unquote(split.password or ""),
        "tls": "off",
    }
