"""Another account was found: a person accepts or rejects it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connections import credentials, signals
from connections.models import Check, Connection
from connections.models.check import Kind
from spojit.lib import clock
from spojit.lib.errors import Refused
from workspaces import audit, isolation
from workspaces.audit import Actor

if TYPE_CHECKING:
    from workspaces.models import User


class NoOtherAccount(Refused):
    """There is no other account to decide on, or no longer."""

    code = "no_other_account"
    message = "There is no other account to decide on."


class FoundYetAnother(Refused):
    """The account that was found is no longer the one that the person saw."""

    code = "found_yet_another"
    message = "Meanwhile yet another account was found, so nothing was accepted. Look again."


def accept_account(
    connection: Connection, *, actor: Actor | User, found_id: str | None = None
) -> Connection:
    """Take the account that was found as this connection's own; everything acts there from now on.

    Args:
        connection: whose account is in question.
        actor: who accepts.
        found_id: the account that the person saw; None accepts whichever was found last.

    Raises:
        NoOtherAccount: none was found, or somebody decided already.
        FoundYetAnother: the account found last is not `found_id`.
    """
    actor = Actor.of(actor)
    with isolation.workspace(connection.workspace_id):
        row = _locked(connection)
        staged = credentials.staged(row)
        if staged and staged.outcome == "other_account":
            row.found_account_id = staged.found_account_id
            row.found_account_name = staged.found_account_name
            _refuse_another(row, found_id)
            credentials.promote(staged, actor=actor)
        elif row.reason != "other_account":
            raise NoOtherAccount
        _refuse_another(row, found_id)
        details = {"from": row.account_name, "to": row.found_account_name}
        _become_active(row, actor=actor)
        _record(row, actor=actor, act="connection.account_accepted", details=details)
    return row


def reject_account(connection: Connection, *, actor: Actor | User) -> Connection:
    """Keep the account as it was: a staged credential of another one is destroyed.

    When the credential in use belongs to the other account, the connection stays in Error until
    another credential takes its place.

    Raises:
        NoOtherAccount: none was found, or somebody decided already.
    """
    with isolation.workspace(connection.workspace_id):
        row = _locked(connection)
        staged = credentials.staged(row)
        if staged and staged.outcome == "other_account":
            credentials.discard_staged(row)
        elif row.reason != "other_account":
            raise NoOtherAccount
        _record(row, actor=Actor.of(actor), act="connection.account_rejected", details={})
    return row


def _locked(connection: Connection) -> Connection:
    rows = Connection.objects.select_for_update(of=("self",)).select_related("workspace")
    row: Connection = rows.get(pk=connection.pk)
    return row


def _refuse_another(row: Connection, found_id: str | None) -> None:
    if found_id is not None and row.found_account_id != found_id:
        raise FoundYetAnother


def _become_active(row: Connection, *, actor: Actor) -> None:
    before = row.status
    row.account_id, row.account_name = row.found_account_id, row.found_account_name
    row.found_account_id = row.found_account_name = row.reason = row.reason_detail = ""
    row.status, row.decided_at = "active", clock.now()
    row.verification_due_at = row.decided_at
    row.decided_by = f"{actor.name} accepted the account"[:300]
    row.save()
    Check.objects.create(
        workspace_id=row.workspace_id,
        connection=row,
        kind=Kind.DECISION,
        outcome="ok",
        status_before=before,
        status_after=row.status,
        account_name=row.account_name,
        actor_id=actor.id,
        actor_name=actor.name,
    )
    signals.status_changed(row, before=before)


def _record(row: Connection, *, actor: Actor, act: str, details: dict[str, str]) -> None:
    audit.record(row.workspace, actor=actor, act=act, subject=row, details=details)
