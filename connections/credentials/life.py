"""The life of a version: promoted, retired, restored, destroyed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from connections.credentials import rows
from connections.models import Connection, Credential
from connections.models.credential import State
from spojit.lib import clock
from spojit.lib.errors import Refused
from workspaces import audit, isolation, notices
from workspaces.audit import Actor
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    import uuid

    from django.db.models import QuerySet

    from workspaces.models import User

RESTORABLE_FOR = timedelta(days=7)


class NotPromotable(Refused):
    """Only a staged credential can be promoted."""

    code = "not_promotable"
    message = "This credential is not waiting to be used."


class NotRestorable(Refused):
    """The previous credential is gone."""

    code = "not_restorable"
    message = "The previous credential can no longer be restored."
    hint = "Enter it again."


def promote(credential: Credential, *, actor: Actor | User) -> Credential:
    """Put a staged credential to use; the one in use becomes the previous one, restorable a while.

    An older grant is not kept: services end it when the same account authorizes again.

    Raises:
        NotPromotable: it is not staged, or no longer.
    """
    with isolation.workspace(credential.workspace_id):
        connection = _locked(credential.connection_id)
        staged = rows.staged(connection)
        if staged is None or staged.pk != credential.pk:
            raise NotPromotable
        _retire_current(connection)
        if connection.manifest_scheme.is_grant:
            destroy_previous(connection)
        _put_to_use(staged)
        _record(connection, actor=actor, act="credential.promoted", version=staged.version)
    return staged


def restore(connection: Connection, *, actor: Actor | User) -> Credential:
    """Put the previous credential to use again, as a new version; the present one becomes previous.

    Raises:
        NotRestorable: there is none, or its time is over, or it no longer opens.
    """
    actor = Actor.of(actor)
    with isolation.workspace(connection.workspace_id):
        locked = _locked(connection.pk)
        previous = rows.previous(locked)
        if previous is None or previous.restorable_until is None:
            raise NotRestorable
        if previous.restorable_until < clock.now():
            raise NotRestorable
        row = _copy(locked, previous, actor=actor)
        _retire_current(locked)
        row.save(force_insert=True)
        _record(locked, actor=actor, act="credential.restored", version=row.version)
        Connection.objects.filter(pk=connection.pk).update(
            verification_due_at=clock.now(), verification_attempts=0
        )
    return row


def discard(connection: Connection, *, actor: Actor | User) -> int:
    """Destroy the staged credential because a person no longer wants it; 0 when there is none."""
    with isolation.workspace(connection.workspace_id):
        locked = _locked(connection.pk)
        staged = rows.staged(locked)
        if staged is None:
            return 0
        _record(locked, actor=actor, act="credential.discarded", version=staged.version)
        return discard_staged(locked)


def set_expiry(
    connection: Connection, *, expires_on: date | None, actor: Actor | User
) -> Credential:
    """Note on which day the credential in use expires, or that it does not.

    Raises:
        NotPromotable: there is no credential in use.
    """
    with isolation.workspace(connection.workspace_id):
        current = rows.current(_locked(connection.pk))
        if current is None:
            raise NotPromotable
        current.expires_on = expires_on
        current.save(update_fields=["expires_on"])
        _end_warnings(connection)
        _record(connection, actor=actor, act="credential.expiry_set", version=current.version)
    return current


def discard_staged(connection: Connection) -> int:
    """Destroy the staged credential, if there is one, in the workspace's scope."""
    return _destroy(Credential.objects.filter(connection_id=connection.pk, state=State.STAGED))


def destroy_previous(connection: Connection) -> int:
    """Destroy the previous version, if there is one, in the workspace's scope."""
    return _destroy(Credential.objects.filter(connection_id=connection.pk, state=State.PREVIOUS))


def destroy_all(connection: Connection) -> int:
    """Destroy every version of a connection, in the workspace's scope; return how many."""
    rows_left = Credential.objects.filter(connection_id=connection.pk)
    return _destroy(rows_left.exclude(state=State.DESTROYED))


def destroy_unrestorable(*, now: datetime) -> int:
    """Destroy previous versions whose time is over, in all workspaces; return how many."""
    with isolation.everything(reason="previous credentials past their time", is_routine=True):
        return _destroy(Credential.objects.filter(state=State.PREVIOUS, restorable_until__lt=now))


def _locked(connection_id: uuid.UUID) -> Connection:
    locked: Connection = (
        Connection.objects.select_for_update(of=("self",))
        .select_related("workspace")
        .get(pk=connection_id)
    )
    return locked


def _retire_current(connection: Connection) -> None:
    """Make room for another version; what was said of the old one's expiry is over."""
    _end_warnings(connection)
    destroy_previous(connection)
    Credential.objects.filter(connection_id=connection.pk, state=State.CURRENT).update(
        state=State.PREVIOUS, restorable_until=clock.now() + RESTORABLE_FOR
    )


def _end_warnings(connection: Connection) -> None:
    notices.close(connection.workspace, subject_id=connection.pk, key_prefix="expiry:")


def _put_to_use(staged: Credential) -> None:
    staged.state, staged.promoted_at = State.CURRENT, clock.now()
    staged.save(update_fields=["state", "promoted_at"])


def _copy(connection: Connection, previous: Credential, *, actor: Actor) -> Credential:
    row = rows.new(connection, actor=actor, expires_on=previous.expires_on)
    row.state, row.promoted_at = State.CURRENT, row.created_at
    rows.fill(row, connection.manifest_scheme, _opened(previous), kept=previous.fields)
    return row


def _opened(row: Credential) -> dict[str, str]:
    try:
        return rows.unseal(row).values
    except CannotOpen:
        raise NotRestorable from None


def _destroy(versions: QuerySet[Credential]) -> int:
    return versions.update(**rows.destroyed())


def _record(connection: Connection, *, actor: Actor | User, act: str, version: int) -> None:
    audit.record(
        connection.workspace,
        actor=actor,
        act=act,
        subject=connection,
        details={"version": version},
    )
