"""A connection's life: created, renamed, shared, handed over, removed."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from connections import credentials, signals
from connections.inbound import forgetting, hooks
from connections.models import Call, Check, Connection
from connections.oauth import revoke
from connectors import registry
from connectors.models import Connector
from spojit.lib import clock
from spojit.lib.errors import Refused
from spojit.lib.ids import new_id
from workspaces import audit, isolation, notices
from workspaces.audit import Actor
from workspaces.models import Membership, User, Workspace

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator, Mapping
    from datetime import date

LONGEST_NAME = 120

_TELLING = (
    "reason_detail",
    "decided_by",
    "environment",
    "account_id",
    "account_name",
    "found_account_id",
    "found_account_name",
)
"""The columns of a connection that may hold its host or its account."""


class NameTaken(Refused):
    """Another connection of the workspace has this name."""

    code = "name_taken"
    message = "Another connection already has this name."
    hint = "Choose a name that tells them apart, such as the account or the environment."


class NameMissing(Refused):
    """A connection needs a name."""

    code = "name_missing"
    message = "Give the connection a name of at most 120 characters."


class ConnectorUnavailable(Refused):
    """Staff hid or disabled this connector, or it is no longer in the catalogue."""

    code = "connector_unavailable"
    message = "This connector takes no new connections."


class NotAMember(Refused):
    """Only a member of the workspace can own a connection."""

    code = "not_a_member"
    message = "This person is not a member of the workspace."


def create(
    workspace: Workspace,
    *,
    connector_key: str,
    scheme: str,
    name: str,
    values: Mapping[str, str],
    actor: Actor | User,
    private: bool = False,
    expires_on: date | None = None,
) -> Connection:
    """Create a connection, Pending and due for verification; whoever calls announces that.

    One that a person has to authorize at the service is due once that is done; a webhook gets its
    address, and waits for its first delivery.

    Raises:
        UnknownConnector, UnknownScheme: the catalogue has no such thing.
        ConnectorUnavailable: staff hid or disabled it.
        InvalidValues: with a message per field.
        NameMissing, NameTaken: the name will not do.
        NotAMember: a person acts who is not in the workspace; the system may.
    """
    actor = Actor.of(actor)
    manifest_scheme = registry.get(connector_key).scheme(scheme)
    is_due = not manifest_scheme.is_grant and not manifest_scheme.is_inbound
    with isolation.workspace(workspace), _unique_name():
        if actor.id is not None:
            _refuse_stranger(workspace.pk, actor.id)
        connection = Connection(
            id=new_id(),
            workspace=workspace,
            connector=_available(connector_key),
            scheme=scheme,
            name=_clean_name(name),
            owner_id=actor.id,
            is_private=private,
            verification_due_at=clock.now() if is_due else None,
        )
        connection.stable_key = _free_stable_key(workspace, connection.name)
        connection.save(force_insert=True)
        credentials.add_first(connection, values=values, actor=actor, expires_on=expires_on)
        if manifest_scheme.is_inbound:
            hooks.make(connection)
        details = {"connector": connector_key, "scheme": scheme, "private": private}
        _record(connection, actor=actor, act="connection.created", details=details)
    return connection


def rename(connection: Connection, *, name: str, actor: Actor | User) -> Connection:
    """Give a connection another name; everything goes on referring to it by its ID.

    Raises:
        NameMissing, NameTaken: the name will not do.
    """
    with isolation.workspace(connection.workspace_id), _unique_name():
        before, connection.name = connection.name, _clean_name(name)
        connection.save(update_fields=["name"])
        _record(connection, actor=actor, act="connection.renamed", details={"from": before})
    return connection


def set_private(connection: Connection, *, is_private: bool, actor: Actor | User) -> Connection:
    """Make a connection private to its owner and the admins, or open it to the workspace."""
    with isolation.workspace(connection.workspace_id):
        connection.is_private = is_private
        connection.save(update_fields=["is_private"])
        act = "connection.made_private" if is_private else "connection.shared"
        _record(connection, actor=actor, act=act)
    return connection


def hand_over(connection: Connection, *, to: User, actor: Actor | User) -> Connection:
    """Make another member the owner.

    Raises:
        NotAMember: the person is not in the workspace.
    """
    with isolation.workspace(connection.workspace_id):
        _refuse_stranger(connection.workspace_id, to.pk)
        before = str(connection.owner) if connection.owner else ""
        connection.owner = to
        connection.save(update_fields=["owner"])
        details = {"from": before, "to": str(to)}
        _record(connection, actor=actor, act="connection.handed_over", details=details)
    return connection


def remove(connection: Connection, *, actor: Actor | User) -> Connection:
    """Destroy a connection's credentials and take it off every list; only its name is kept.

    Workflows that use it fail from now on, saying which connection was removed, when and by whom.
    """
    actor = Actor.of(actor)
    with isolation.workspace(connection.workspace_id):
        row = Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
        if row.removed_at is None:
            _forget(row, actor=actor)
            _record(row, actor=actor, act="connection.removed")
            signals.removed(row, actor=actor)
    return row


def _refuse_stranger(workspace_id: uuid.UUID, user_id: uuid.UUID) -> None:
    if not Membership.objects.filter(user_id=user_id, workspace_id=workspace_id).exists():
        raise NotAMember


def _available(connector_key: str) -> Connector:
    row = Connector.objects.addable().filter(key=connector_key).first()
    if row is None:
        raise ConnectorUnavailable
    return row


def _clean_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
        raise NameMissing
    return cleaned


@contextmanager
def _unique_name() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "connection_name_unique" in str(error):
            raise NameTaken from None
        raise


def _free_stable_key(workspace: Workspace, name: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:100] or "connection"
    rows = Connection.objects.filter(workspace=workspace, stable_key__startswith=base)
    taken = set(rows.values_list("stable_key", flat=True))
    suffixes = ("", *(f"_{number}" for number in range(2, len(taken) + 3)))
    return next(base + suffix for suffix in suffixes if base + suffix not in taken)


def _forget(row: Connection, *, actor: Actor) -> None:
    """Keep the name only: whatever may tell of host, account or answers goes."""
    for version in (credentials.current(row), credentials.staged(row)):
        revoke.plan(row, version)
    credentials.destroy_all(row)
    forgetting.of_removed(row)
    notices.close(row.workspace, subject_id=row.pk)
    Check.objects.filter(connection=row).update(account_name="", detail="", called="")
    Call.objects.filter(connection=row).update(
        arguments_sealed=None, shown=None, detail="", is_cut=False
    )
    for name in _TELLING:
        setattr(row, name, "")
    row.scopes, row.not_permitted, row.is_limited = None, {}, False
    row.removed_at, row.removed_by_name = clock.now(), actor.name
    row.verification_due_at = None
    row.save()


def _record(
    connection: Connection,
    *,
    actor: Actor | User,
    act: str,
    details: dict[str, Any] | None = None,
) -> None:
    audit.record(
        connection.workspace, actor=actor, act=act, subject=connection, details=details or {}
    )
