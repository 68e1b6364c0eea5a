"""The signing secrets of a webhook connection: two are valid while one replaces the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from connections import credentials
from connections.credentials import CredentialUnreadable
from connections.models import Connection, Credential
from connections.models.credential import LIVE, State
from connectors import signatures
from spojit.lib import clock, redaction
from spojit.lib.errors import Refused
from spojit.lib.secret import Secret
from workspaces import audit, isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.manifest import Scheme
    from workspaces.models import User

FIELD = "signing_secret"


class NothingToRetire(Refused):
    """There is no older secret."""

    code = "nothing_to_retire"
    message = "There is no older secret to retire."


class Overtaken(Refused):
    """Another secret was put to use since the person saw which one it is."""

    code = "overtaken"
    message = "Another secret was put to use meanwhile, so this one was not."
    hint = "Look at the secrets first: only the newest two are valid."


@dataclass(frozen=True, slots=True)
class Rotated:
    """A version put to use; `made` is the secret that was chosen here, to be shown once."""

    credential: Credential
    made: Secret | None


def made_for(
    scheme: Scheme, values: Mapping[str, str], *, keep: bool = False
) -> tuple[dict[str, str], Secret | None]:
    """Add a secret of our own choice where the person left it to us; say which.

    Args:
        scheme: a webhook.
        values: what was typed.
        keep: an empty field means the stored secret, where that is not always ours.
    """
    assert scheme.webhook is not None
    chooses = scheme.webhook.secret
    if chooses == "theirs" or values.get(FIELD, "").strip() or keep:
        return dict(values), None
    secret = signatures.new_secret(scheme.webhook.signature)
    redaction.register([secret])
    return {**values, FIELD: secret}, Secret(secret)


def live(connection: Connection) -> list[Credential]:
    """List the versions that deliveries may be signed with, newest first, in the scope."""
    is_live = Q(state=State.CURRENT) | Q(state=State.PREVIOUS) & (
        Q(restorable_until=None) | Q(restorable_until__gt=clock.now())
    )
    rows = Credential.objects.filter(is_live, connection_id=connection.pk, purpose=LIVE)
    return list(rows.order_by("-version"))


def older_in_use(versions: list[Credential]) -> Credential | None:
    """Return the older secret when something still signs with it, though a newer one is there."""
    if len(versions) < 2:
        return None
    newer, older = versions[:2]
    is_used = older.last_used_at and newer.promoted_at and older.last_used_at > newer.promoted_at
    return older if is_used else None


def rotate(
    connection: Connection,
    *,
    values: Mapping[str, str],
    retire_at: datetime | None,
    actor: Actor | User,
    keep: bool = False,
    replaces: int | None = None,
) -> Rotated:
    """Put a new secret to use at once; the one before stays valid beside it until it is retired.

    Args:
        connection: a webhook.
        values: what was typed; with no secret in it we choose one, unless the service does.
        retire_at: when the older one ends; None leaves that to a person.
        actor: who does it.
        keep: keep the stored secret, and change only how deliveries are signed.
        replaces: the version that the person saw in use; a form that is sent twice would otherwise
            end the secret that the service still signs with.

    Raises:
        Overtaken: another version is in use by now; nothing was changed.
        InvalidValues: with a message per field; nothing was changed.
        ConnectionGone: it was removed meanwhile; nothing was stored.
    """
    actor = Actor.of(actor)
    values, made = made_for(connection.manifest_scheme, values, keep=keep)
    with isolation.workspace(connection.workspace_id):
        _require_in_use(connection, replaces)
        staged = credentials.stage(connection, values=values, actor=actor)
        credential = credentials.promote(staged, actor=actor)
        older = Credential.objects.filter(connection_id=connection.pk, state=State.PREVIOUS)
        older.update(restorable_until=retire_at)
        _drop_useless(connection)
    return Rotated(credential, made)


def retire(connection: Connection, *, actor: Actor | User) -> Credential:
    """Destroy the older secret now: what is signed with it is refused from here on.

    Raises:
        NothingToRetire: there is none.
    """
    with isolation.workspace(connection.workspace_id):
        older = _older(connection)
        credentials.destroy_previous(connection)
        _record(connection, actor=actor, act="credential.retired", version=older.version)
    return older


def retire_at(connection: Connection, *, at: datetime | None, actor: Actor | User) -> Credential:
    """Say when the older secret ends; None leaves it valid until a person retires it.

    Raises:
        NothingToRetire: there is none.
    """
    with isolation.workspace(connection.workspace_id):
        older = _older(connection)
        older.restorable_until = at
        older.save(update_fields=["restorable_until"])
        _record(connection, actor=actor, act="credential.retirement_set", version=older.version)
    return older


def _require_in_use(connection: Connection, version: int | None) -> None:
    Connection.objects.select_for_update().get(pk=connection.pk)
    current = credentials.current(connection)
    if version is not None and current is not None and current.version != version:
        raise Overtaken


def _older(connection: Connection) -> Credential:
    Connection.objects.select_for_update().get(pk=connection.pk)
    older = credentials.previous(connection)
    if older is None:
        raise NothingToRetire
    return older


def _drop_useless(connection: Connection) -> None:
    """Keep no older version that holds no secret, or that does not open: neither is ever valid."""
    older = credentials.previous(connection)
    if older is not None and not _is_usable(older):
        credentials.destroy_previous(connection)


def _is_usable(version: Credential) -> bool:
    try:
        with credentials.borrow_all([version]):
            return FIELD in version.fields
    except CredentialUnreadable:
        return False


def _record(connection: Connection, *, actor: Actor | User, act: str, version: int) -> None:
    audit.record(
        connection.workspace,
        actor=actor,
        act=act,
        subject=connection,
        details={"version": version},
    )
