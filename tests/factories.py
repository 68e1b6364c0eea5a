"""Makes what tests speak of. The cast: alice owns, adam administers, bob builds, vera views.

Mallory lives next door, in a workspace of her own. Every function commits nothing that a test
would not: use them under `django_db`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.test import Client

from workspaces import isolation
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Role

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from connections.models import Connection

PASSWORD = "correct horse battery"
EXAMPLE_VALUES = {
    "github": {"api_key": "github_pat_" + "a1" * 41},
    "http": {"base_url": "https://api.example.com"},
}
EXAMPLE_SCHEMES = {"github": "api_key", "http": "none"}

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of most tests, and the two workspaces that they live in."""

    workspace: Workspace
    alice: User
    adam: User
    bob: User
    vera: User
    next_door: Workspace
    mallory: User

    def by_role(self) -> dict[Role, User]:
        """Return who has which role in `workspace`."""
        people = (self.alice, self.adam, self.bob, self.vera)
        roles = (Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER)
        return dict(zip(roles, people, strict=True))


def make_user(
    name: str = "Alice", *, email: str = "", verified: bool = True, **fields: Any
) -> User:
    """Make a person with `PASSWORD` and, unless told otherwise, a verified address."""
    address = email or f"{name.split(' ', maxsplit=1)[0].lower()}-{next(_numbers)}@example.com"
    user = User.objects.create_user(address, PASSWORD, name=name, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
    return user


def make_workspace(name: str = "", *, slug: str = "", owner: User | None = None) -> Workspace:
    """Make a workspace that somebody owns: alice when nobody is given."""
    number = next(_numbers)
    workspace = Workspace.objects.create(
        name=name or f"Workspace {number}", slug=slug or f"workspace-{number}"
    )
    make_member(workspace, Role.OWNER, user=owner or make_user("Alice"))
    return workspace


def make_member(
    workspace: Workspace,
    role: Role | str = Role.MEMBER,
    *,
    user: User | None = None,
    name: str = "Bob",
) -> Membership:
    """Make somebody a member; `.user` is the person."""
    with scope(workspace):
        membership: Membership = Membership.objects.create(
            workspace=workspace, user=user or make_user(name), role=Role(role)
        )
    return membership


def make_cast() -> Cast:
    """Make the whole cast, each person with a verified address."""
    alice, mallory = make_user("Alice"), make_user("Mallory")
    workspace = make_workspace("Northwind", owner=alice)
    return Cast(
        workspace=workspace,
        alice=alice,
        adam=make_member(workspace, Role.ADMIN, name="Adam").user,
        bob=make_member(workspace, Role.MEMBER, name="Bob").user,
        vera=make_member(workspace, Role.VIEWER, name="Vera").user,
        next_door=make_workspace("Next door", owner=mallory),
        mallory=mallory,
    )


def make_connection(
    workspace: Workspace,
    *,
    connector_key: str = "http",
    scheme: str = "",
    name: str = "",
    values: dict[str, str] | None = None,
    actor: User | None = None,
    **fields: Any,
) -> Connection:
    """Create a connection as people do, by `lifecycle.create`; `fields` are written afterwards.

    The actor becomes its owner; by default that is the workspace's first owner.
    """
    from connections import lifecycle  # noqa: PLC0415  # factories of people need no connections

    make_connector(connector_key)
    connection = lifecycle.create(
        workspace,
        connector_key=connector_key,
        scheme=scheme or EXAMPLE_SCHEMES[connector_key],
        name=name or f"{connector_key} {next(_numbers)}",
        values=EXAMPLE_VALUES[connector_key] if values is None else values,
        actor=actor or owner_of(workspace),
        private=fields.pop("is_private", False),
    )
    return _with_fields(connection, fields)


def make_connector(key: str) -> None:
    """Make the catalogue's row of one connector, as `manage.py sync_connectors` does for all."""
    from connectors import registry  # noqa: PLC0415
    from connectors.models import Connector  # noqa: PLC0415

    manifest = registry.get(key)
    values = {
        "name": manifest.name,
        "category": str(manifest.category),
        "version": str(manifest.version),
    }
    Connector.objects.get_or_create(key=key, defaults=values)


def owner_of(workspace: Workspace) -> User:
    """Return who owned the workspace first."""
    with scope(workspace):
        rows = Membership.objects.filter(role=Role.OWNER).select_related("user")
        return rows.order_by("joined_at", "id")[0].user  # type: ignore[no-any-return]


def scope(workspace: Workspace) -> AbstractContextManager[None]:
    """Open a workspace, to look at its rows."""
    return isolation.workspace(workspace)


def signed_in(user: User) -> Client:
    """Return a browser in which this person has signed in."""
    client = Client()
    client.force_login(user)
    return client


def _with_fields(connection: Connection, fields: dict[str, Any]) -> Connection:
    if fields:
        with scope(connection.workspace):
            for key, value in fields.items():
                setattr(connection, key, value)
            connection.save(update_fields=list(fields))
    return connection
