"""Staging: a new version is stored beside the one in use, and nothing old goes to a new host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connections.credentials import life, rows
from connections.models import Connection, Credential
from connections.models.credential import State
from connectors import fields
from spojit.lib import clock, redaction
from spojit.lib.errors import Refused
from workspaces import audit, isolation
from workspaces.audit import Actor
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from connections.credentials.rows import Payload
    from connectors.manifest import Scheme
    from workspaces.models import User


class ConnectionGone(Refused):
    """The connection was removed while its new credential was being entered."""

    code = "connection_gone"
    message = "This connection was removed, so nothing was stored."


ADDRESS_CHANGED = "The address changed, so enter this again: no old secret goes to a new host."


def add_first(
    connection: Connection,
    *,
    values: Mapping[str, str],
    actor: Actor,
    expires_on: date | None = None,
) -> Credential:
    """Store a new connection's first credential, in use at once: there is no older one to keep.

    Raises:
        InvalidValues: with a message per field.
    """
    scheme = connection.manifest_scheme
    _mask(scheme, values)
    cleaned = fields.clean(connection.manifest, scheme, values)
    row = rows.new(connection, actor=actor, expires_on=expires_on)
    row.state, row.promoted_at = State.CURRENT, row.created_at
    rows.fill(row, scheme, cleaned.values, kept={})
    row.save(force_insert=True)
    return row


def stage(
    connection: Connection,
    *,
    values: Mapping[str, str],
    actor: Actor | User,
    clear: Collection[str] = (),
    expires_on: date | None = None,
    onto_staged: bool = False,
) -> Credential:
    """Store a new version beside the one in use, to be verified and then promoted.

    An absent or empty secret field keeps the stored value; one named in `clear` becomes empty. An
    absent field that is no secret keeps its value too. When an endpoint field changes, kept
    secrets are asked for again.

    Args:
        connection: whose credential it is.
        values: what was typed, by field.
        actor: who typed it.
        clear: secret fields to empty.
        expires_on: the day on which it expires, when that is known.
        onto_staged: keep values of the staged version rather than those of the one in use, for a
            connection that never worked.

    Raises:
        InvalidValues: with a message per field; nothing was changed.
        ConnectionGone: it was removed meanwhile; nothing was stored.
    """
    actor = Actor.of(actor)
    _mask(connection.manifest_scheme, values)
    with isolation.workspace(connection.workspace_id):
        locked = Connection.objects.select_for_update().get(pk=connection.pk)
        if locked.removed_at is not None:
            raise ConnectionGone
        before = _base(connection, onto_staged=onto_staged)
        old = _readable(before)
        merged, kept = _merge(connection, values, clear=clear, old=old)
        life.discard_staged(connection)
        row = rows.new(connection, actor=actor, expires_on=expires_on)
        rows.fill(row, connection.manifest_scheme, merged, kept=_told(before, kept))
        row.save(force_insert=True)
        _make_due(connection, row, actor=actor)
    return row


def _base(connection: Connection, *, onto_staged: bool) -> Credential | None:
    staged = rows.staged(connection) if onto_staged else None
    return staged or rows.current(connection)


def _mask(scheme: Scheme, values: Mapping[str, str]) -> None:
    """Mask what was just entered in everything that this context still logs."""
    redaction.register(values[key] for key in scheme.secret_keys if values.get(key))


def _readable(row: Credential | None) -> Payload:
    try:
        return rows.unseal(row) if row else rows.EMPTY
    except CannotOpen:
        return rows.EMPTY


def _merge(
    connection: Connection, values: Mapping[str, str], *, clear: Collection[str], old: Payload
) -> tuple[dict[str, str], set[str]]:
    """Return all values of the new version, and the fields whose value is the old one."""
    scheme = connection.manifest_scheme
    given = {key: value for key, value in values.items() if value or key not in scheme.secret_keys}
    kept = {key for key in old.secret if key not in given and key not in clear}
    asked = {key: old.values[key] for key in old.values if key not in old.secret} | given
    cleaned = fields.clean(connection.manifest, scheme, asked, kept=kept)
    kept = {key for key in kept if _matters(scheme, key, cleaned.values)}
    merged = cleaned.values | {key: old.values[key] for key in kept}
    if kept and _moved(scheme, old.values, merged):
        raise fields.InvalidValues(dict.fromkeys(sorted(kept), ADDRESS_CHANGED))
    unchanged = {key for key, value in merged.items() if old.values.get(key) == value}
    return merged, unchanged


def _moved(scheme: Scheme, old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    return any(
        old.get(field.key, field.default) != new.get(field.key, field.default)
        for field in scheme.fields
        if field.endpoint
    )


def _matters(scheme: Scheme, key: str, values: dict[str, str]) -> bool:
    field = scheme.field(key)
    return field is not None and field.matters(values)


def _told(before: Credential | None, kept: Collection[str]) -> dict[str, Any]:
    return {key: before.fields[key] for key in kept if before and key in before.fields}


def _make_due(connection: Connection, row: Credential, *, actor: Actor) -> None:
    scheme = connection.manifest_scheme
    if not scheme.is_grant and not scheme.is_inbound:
        Connection.objects.filter(pk=connection.pk).update(
            verification_due_at=clock.now(), verification_attempts=0
        )
    audit.record(
        connection.workspace,
        actor=actor,
        act="credential.staged",
        subject=connection,
        details={"version": row.version},
    )
