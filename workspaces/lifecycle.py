"""A workspace's life: created, described, deleted."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from spojit.lib.errors import Refused
from workspaces import audit, departures, isolation
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Role
from workspaces.vault import keyring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workspaces.audit import Actor

LONGEST_NAME = 80
LONGEST_SLUG = 40
RETENTION_DAYS = (30, 3650)


class NameMissing(Refused):
    """A workspace needs a name."""

    code = "workspace_name_missing"
    message = f"Give the workspace a name of at most {LONGEST_NAME} characters."


class UnknownTimeZone(Refused):
    """The time zone is not one of the IANA database."""

    code = "unknown_time_zone"
    message = "Choose a time zone from the list."


class BadRetention(Refused):
    """The audit log is kept between a month and ten years."""

    code = "bad_retention"
    message = f"Keep the audit log for {RETENTION_DAYS[0]} to {RETENTION_DAYS[1]} days."


class NameNotTyped(Refused):
    """Deleting a workspace asks for its name."""

    code = "name_not_typed"
    message = "Type the name of the workspace exactly as it is shown."


def create(name: str, *, owner: User, actor: Actor | User | None = None) -> Workspace:
    """Create a workspace that one person owns, at a free address made from its name.

    Raises:
        NameMissing: the name is empty, too long or unprintable.
    """
    workspace = _insert(clean_name(name))
    with isolation.workspace(workspace):
        Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
        audit.record(workspace, actor=actor or owner, act="workspace.created", subject=workspace)
    return workspace


def describe(
    workspace: Workspace,
    *,
    name: str,
    time_zone: str,
    audit_retention_days: int,
    actor: Actor | User,
) -> Workspace:
    """Give a workspace its name, time zone and retention; its address stays.

    Raises:
        NameMissing, UnknownTimeZone, BadRetention: nothing was changed.
    """
    if time_zone not in available_timezones():
        raise UnknownTimeZone
    if not RETENTION_DAYS[0] <= audit_retention_days <= RETENTION_DAYS[1]:
        raise BadRetention
    wanted = {
        "name": clean_name(name),
        "time_zone": time_zone,
        "audit_retention_days": audit_retention_days,
    }
    changes = {key: value for key, value in wanted.items() if getattr(workspace, key) != value}
    if changes:
        _apply(workspace, changes, actor=actor)
    return workspace


def delete(workspace: Workspace, *, typed_name: str, actor: Actor | User) -> None:
    """Delete a workspace with everything in it; its data keys go first, its audit log stays.

    Raises:
        NameNotTyped: the typed name is another one; nothing was changed.
    """
    if typed_name.strip() != workspace.name:
        raise NameNotTyped
    with isolation.workspace(workspace):
        Workspace.objects.select_for_update().get(pk=workspace.pk)
        keyring.destroy(workspace)
        audit.record(workspace, actor=actor, act="workspace.deleted", subject=workspace)
        departures.end(workspace)
        Workspace.objects.get(pk=workspace.pk).delete()


def clean_name(name: str) -> str:
    """Trim a name.

    Raises:
        NameMissing: it is empty, too long or unprintable.
    """
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
        raise NameMissing
    return cleaned


def _apply(workspace: Workspace, changes: dict[str, object], *, actor: Actor | User) -> None:
    before = {key: getattr(workspace, key) for key in changes}
    with isolation.workspace(workspace):
        for key, value in changes.items():
            setattr(workspace, key, value)
        workspace.save(update_fields=list(changes))
        details = {"from": before, "to": changes}
        audit.record(
            workspace, actor=actor, act="workspace.changed", subject=workspace, details=details
        )


def _insert(name: str) -> Workspace:
    for slug in _slugs(name):
        try:
            with transaction.atomic():
                return Workspace.objects.create(name=name, slug=slug)
        except IntegrityError:
            continue
    raise AssertionError  # `_slugs` never ends


def _slugs(name: str) -> Iterator[str]:
    base = slugify(name)[:LONGEST_SLUG].strip("-_").replace("_", "-") or "workspace"
    yield base
    yield from (f"{base}-{number}" for number in range(2, 5))
    while True:
        yield f"{base}-{secrets.token_hex(3)}"
