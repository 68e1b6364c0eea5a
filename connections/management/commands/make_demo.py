"""Makes the demo workspace of a trial, once: connections to what runs on this machine.

Apps above add what is theirs, and one delivery arrives, so that a newcomer sees things happen.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from connections import lifecycle, signals, tasks
from connections.inbound import hooks, receiving
from connections.inbound.arriving import Request
from connectors import signatures
from spojit.lib import clock
from spojit.lib.ids import new_id
from workspaces import isolation
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Role

if TYPE_CHECKING:
    from connections.models import Connection

WEBHOOK = "spojit_webhook"
ORDER = {"reference": "WEB-1001", "customer": "Mary Jackson", "total_cents": 4900}
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
        if not _is_made():
            secret = signatures.new_secret("spojit")
            made = _make(password, secret)
            _deliver(made[WEBHOOK], secret)
        base = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
        self.stdout.write(f"Demo workspace: {base}/w/{SLUG}/connections/")
        self.stdout.write(f"Log-in:         {EMAIL}  {password}")


def _is_made() -> bool:
    """Whether it was made, if perhaps deleted since, or its name is somebody's."""
    is_known = User.objects.filter(email=EMAIL).exists()
    return is_known or Workspace.objects.filter(slug=SLUG).exists()


def _password() -> str:
    path = Path(settings.VAR_DIR) / "demo-password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(12), encoding="utf-8")
    return path.read_text(encoding="utf-8")


@transaction.atomic
def _make(password: str, secret: str) -> dict[str, Connection]:
    user = User.objects.create_user(EMAIL, password, name="Dana Demo", is_staff=True)
    user.is_superuser = True
    user.save(update_fields=["is_superuser"])
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    workspace = Workspace.objects.create(name="Demo", slug=SLUG)
    with isolation.workspace(workspace):
        Membership.objects.create(workspace=workspace, user=user, role=Role.OWNER)
    made = {}
    for connector, scheme, name, values in _connections(secret):
        made[connector] = lifecycle.create(
            workspace,
            connector_key=connector,
            scheme=scheme,
            name=name,
            values=values,
            actor=user,
        )
        if connector != WEBHOOK:
            tasks.announce_verification(made[connector])
    signals.demo_made(workspace, made, actor=user)
    return made


def _deliver(webhook: Connection, secret: str) -> None:
    """Send a small order, signed as the demo's own program would sign it."""
    body = json.dumps(ORDER).encode()
    headers = signatures.sign(
        "spojit",
        {"signing_secret": secret},
        body=body,
        now=clock.now(),
        delivery_id=str(new_id()),
    )
    arrived = {name.lower(): value for name, value in headers.items()}
    request = Request(headers=arrived, body=body, size=len(body), address="127.0.0.1")
    if receiving.receive(hooks.token_of(webhook), request).is_waking:
        tasks.announce_deliveries()


def _connections(secret: str) -> list[tuple[str, str, str, dict[str, str]]]:
    port = os.environ.get("PORT") or "8000"
    here = {"base_url": f"http://127.0.0.1:{port}", "test_path": "/healthz"}
    database = _parts(os.environ["DEMO_DATABASE_URL"])
    cache = _parts(os.environ["DEMO_REDIS_URL"])
    return [
        ("postgresql", "database", "PostgreSQL - Demo", database),
        ("redis", "database", "Redis - Demo", cache),
        ("http", "none", "HTTP - This Spojit", here),
        (WEBHOOK, "webhook", "Spojit Webhook - Demo", {"signing_secret": secret}),
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
