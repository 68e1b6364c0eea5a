"""Tools that a person tries from their page: a row first, then a worker carries it out.

A worker holds the row by a lease of its own; only under that lease is the answer written.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q

from connections import calls, credentials, fairness
from connections.calls import ConnectionRemoved, Use
from connections.models import Call, Connection
from connectors import arguments as checking, execution, registry
from connectors.outcomes import Outcome
from spojit.lib import clock, limits, storable
from spojit.lib.errors import SpojitError
from spojit.lib.ids import new_id
from workspaces import audit, isolation
from workspaces.audit import Actor
from workspaces.vault import keyring

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from workspaces.models import User, Workspace

MOST_SHOWN_BYTES = 256 * 1024
MOST_AT_ONCE = 200
MOST_A_MINUTE = 60
MOST_ATTEMPTS = 3
"""How often a call is begun whose worker is lost each time, by its answer perhaps."""

TABLE = "connections_call"
PURPOSE = "arguments"


def request(
    workspace: Workspace,
    *,
    connector_key: str,
    connection: Connection | None,
    tool: str,
    arguments: Mapping[str, Any],
    actor: Actor | User,
) -> Call:
    """Store a call to be made by a worker; whoever calls announces it.

    Raises:
        UnknownTool, InvalidArguments: as the tool's schema says; nothing is stored.
        ConnectorDisabled, OtherAccount, TakesDeliveriesOnly: it may not be called.
        TooMany: this person tried too many tools in the last minute.
    """
    actor = Actor.of(actor)
    limits.take(f"try:{actor.id}", limit=MOST_A_MINUTE, seconds=60)
    checking.check(registry.get(connector_key).tool(tool), arguments)
    with isolation.workspace(workspace):
        if connection is None:
            calls.refuse_disabled(connector_key)
        else:
            calls.refuse_inbound(connection)
            calls.refuse_uncallable(credentials.in_use(connection).standing)
        row = Call(
            id=new_id(),
            workspace=workspace,
            connection=connection,
            connection_name=connection.name if connection else "",
            connector_key=connector_key,
            tool=tool,
            actor_id=actor.id,
            actor_name=actor.name,
        )
        row.arguments_sealed = _seal(row, arguments)
        row.save(force_insert=True)
        if connection:
            _record(connection, tool=tool, actor=actor)
    return row


def carry_out(workspace_id: uuid.UUID, call_id: uuid.UUID) -> Call | None:
    """Make a stored call, once; None when it is done, gone, or another worker has it.

    What a connection answered that was removed meanwhile is dropped.
    """
    isolation.refuse_network_in_transaction()
    row = _claim(workspace_id, call_id)
    if row is None:
        return None
    outcome = _outcome_of(row)
    with isolation.workspace(workspace_id):
        return row if _finish(row, _kept(row, outcome)) else None


def find_waiting(*, now: datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """List (workspace ID, call ID) of calls whose announcement or worker was lost, in turns."""
    with isolation.everything(reason="calls that wait", is_routine=True):
        rows = Call.objects.filter(_is_free(now), finished_at=None)
        rows = rows.filter(created_at__lt=now - timedelta(seconds=5))
        return fairness.take_turns(rows, by="created_at", most=MOST_AT_ONCE)


def _is_free(now: datetime) -> Q:
    return Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)


def _claim(workspace_id: uuid.UUID, call_id: uuid.UUID) -> Call | None:
    now = clock.now()
    with isolation.workspace(workspace_id):
        mine = Call.objects.filter(_is_free(now), pk=call_id, finished_at=None)
        row: Call | None = mine.select_for_update(of=("self",), skip_locked=True).first()
        if row is None:
            return None
        if end := _end_of(row):
            _finish(row, Outcome(end))
            return None
        row.connection = _connection(row)
        _lease(row, now=now)
    return row


def _lease(row: Call, *, now: datetime) -> None:
    """Make the row this worker's own, in the lock of it."""
    used = credentials.current(row.connection) if row.connection else None
    row.credential_version = used.version if used else 0
    row.started_at, row.lease_owner, row.attempts = now, new_id(), row.attempts + 1
    row.lease_expires_at = now + timedelta(seconds=settings.LEASE_SECONDS)
    row.save(
        update_fields=[
            "credential_version",
            "started_at",
            "lease_owner",
            "lease_expires_at",
            "attempts",
        ]
    )


def _connection(row: Call) -> Connection | None:
    if row.connection_id is None:
        return None
    rows = Connection.objects.select_related("workspace")
    found: Connection = rows.get(pk=row.connection_id)
    return found


def _end_of(row: Call) -> str:
    """Name how a call ends that was begun before and never came to an end; empty to go on."""
    if row.started_at is None:
        return ""
    if not _may_repeat(row):
        return "outcome_unknown"
    return "bad_answer" if row.attempts >= MOST_ATTEMPTS else ""


def _may_repeat(row: Call) -> bool:
    try:
        return registry.get(row.connector_key).tool(row.tool).effect == "read"
    except SpojitError:
        return False


def _outcome_of(row: Call) -> Outcome:
    use = Use("person", id=row.actor_id, name=row.actor_name)
    try:
        if row.connection:
            calls.refuse_uncallable(credentials.in_use(row.connection).standing)
        arguments = _open(row)
        if row.connection:
            return calls.call(row.connection, tool=row.tool, arguments=arguments, use=use)
        calls.refuse_disabled(row.connector_key)
        manifest = registry.get(row.connector_key)
        return execution.call(manifest, None, manifest.tool(row.tool), {}, arguments)
    except SpojitError as refusal:
        return Outcome("request_refused", detail=refusal.message)


def _kept(row: Call, outcome: Outcome) -> Outcome:
    """Drop the answer of a connection that was removed meanwhile; locks it until it is written."""
    if row.connection is None:
        return outcome
    locked = Connection.objects.select_for_update(of=("self",)).get(pk=row.connection.pk)
    if locked.removed_at is None:
        return outcome
    return replace(outcome, data=None, detail=ConnectionRemoved.of(locked).message)


def _finish(row: Call, outcome: Outcome) -> bool:
    """Write what a call came to, unless another worker holds the lease by now."""
    shown, is_cut = _cut(outcome.data)
    written = {
        "finished_at": clock.now(),
        "outcome": outcome.name,
        "detail": outcome.detail[:300],
        "status_code": outcome.status_code,
        "duration_ms": outcome.duration_ms,
        "shown": shown,
        "is_cut": is_cut,
        "arguments_sealed": None,
        "lease_owner": None,
        "lease_expires_at": None,
    }
    mine = Call.objects.filter(pk=row.pk, lease_owner=row.lease_owner, finished_at=None)
    if not mine.update(**written):
        return False
    for name, value in written.items():
        setattr(row, name, value)
    return True


def _cut(data: Any) -> tuple[Any, bool]:
    shown = storable.value(data)
    text = json.dumps(shown)
    return (shown, False) if len(text) <= MOST_SHOWN_BYTES else (text[:MOST_SHOWN_BYTES], True)


def _seal(row: Call, arguments: Mapping[str, Any]) -> bytes:
    return keyring.seal(
        json.dumps(dict(arguments)).encode(),
        workspace_id=row.workspace_id,
        table=TABLE,
        row=str(row.pk),
        purpose=PURPOSE,
        version=1,
    )


def _open(row: Call) -> dict[str, Any]:
    content = keyring.open_(
        bytes(row.arguments_sealed or b""),
        workspace_id=row.workspace_id,
        table=TABLE,
        row=str(row.pk),
        purpose=PURPOSE,
        version=1,
    )
    arguments: dict[str, Any] = json.loads(content)
    return arguments


def _record(connection: Connection, *, tool: str, actor: Actor) -> None:
    audit.record(
        connection.workspace,
        actor=actor,
        act="connection.tool_tried",
        subject=connection,
        details={"tool": tool},
    )
