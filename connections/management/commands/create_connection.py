"""Creates a connection from the environment or standard input, for provisioning as code."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections import lifecycle, tasks, verification
from connections.inbound import hooks
from connectors import registry
from connectors.fields import InvalidValues
from spojit.lib.errors import SpojitError
from workspaces.audit import Actor
from workspaces.models import User, Workspace

if TYPE_CHECKING:
    from connections.models import Connection

_NOT_AN_OBJECT = "Standard input is not a JSON object of field names to values."


class Command(BaseCommand):
    """Creates one connection. Values never stand on the command line, where others read them."""

    help = (
        "Create a connection. Values come as a JSON object on standard input, or one by one from "
        "environment variables named <PREFIX><FIELD>, such as SPOJIT_API_KEY."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what it takes."""
        parser.add_argument("--workspace", required=True, help="the workspace's slug")
        parser.add_argument("--connector", required=True, help="the connector's key")
        parser.add_argument("--scheme", default="api_key", help="the scheme's key (api_key)")
        parser.add_argument("--name", required=True)
        parser.add_argument("--owner", help="e-mail address of the member who will own it")
        parser.add_argument("--private", action="store_true")
        parser.add_argument("--prefix", default="SPOJIT_", help="of the variables (SPOJIT_)")
        parser.add_argument("--stdin", action="store_true", help="read a JSON object instead")
        parser.add_argument("--verify", action="store_true", help="verify it here and now")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create it, and print its ID; of a webhook its address, too."""
        if options["private"] and not options["owner"]:
            raise CommandError("--private needs --owner: nobody else would see it.")
        workspace = find_workspace(options["workspace"])
        try:
            connection = lifecycle.create(
                workspace,
                connector_key=options["connector"],
                scheme=options["scheme"],
                name=options["name"],
                values=_values(options),
                actor=_actor(options["owner"]),
                private=options["private"],
            )
        except InvalidValues as invalid:
            raise CommandError(_told(invalid)) from None
        except SpojitError as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from None
        if connection.manifest_scheme.is_inbound:
            self.stdout.write(str(connection.pk))
            self.stdout.write(hooks.url_of(connection))
            return
        self._verify(connection, here=options["verify"])
        self.stdout.write(str(connection.pk))

    def _verify(self, connection: Connection, *, here: bool) -> None:
        if not here:
            tasks.announce_verification(connection)
            return
        check = verification.verify(connection)
        self.stderr.write(f"{check.status_after}: {check.meaning.sentence}")


def find_workspace(slug: str) -> Workspace:
    """Find a workspace by its slug. Raises: CommandError."""
    try:
        return Workspace.objects.get(slug=slug)
    except Workspace.DoesNotExist:
        raise CommandError(f"There is no workspace {slug!r}.") from None


def _actor(email: str | None) -> Actor:
    if email is None:
        return Actor.system("manage.py")
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise CommandError(f"Nobody here has the address {email!r}.")
    return Actor(id=user.pk, name=f"{user} by manage.py")


def _values(options: dict[str, Any]) -> dict[str, str]:
    if not options["stdin"]:
        prefix = options["prefix"]
        scheme = registry.get(options["connector"]).scheme(options["scheme"])
        names = {field.key: f"{prefix}{field.key.upper()}" for field in scheme.fields}
        return {key: os.environ[name] for key, name in names.items() if name in os.environ}
    try:
        document = json.load(sys.stdin)
    except ValueError:
        raise CommandError(_NOT_AN_OBJECT) from None
    if not isinstance(document, dict):
        raise CommandError(_NOT_AN_OBJECT)
    return {str(key): str(value) for key, value in document.items()}


def _told(invalid: InvalidValues) -> str:
    return "\n".join(f"{field}: {message}" for field, message in invalid.errors.items())
