"""Connector: one tool, through a connection where the connector needs one.

What must not happen twice is written down as under way before it is sent: when it is found so
later, its outcome is unknown and it is not repeated.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connections import calls, rate_limits
from connections.calls import Use
from connections.models import Status
from connections.notes import Note
from connectors import execution, registry
from spojit.lib import clock
from workflows.definition import settings as kinds
from workflows.engine import retry
from workflows.engine.results import Done, Failed, Waits
from workflows.nodes import connecting

if TYPE_CHECKING:
    from connections.credentials import InUse
    from connections.models import Connection
    from connectors.manifest import Tool
    from connectors.outcomes import Outcome
    from workflows.engine.visit import Visit

HELD = "connection_broken"
LIMITED = "rate_limit"
BROKEN = frozenset({Status.REAUTHORIZE, Status.ERROR})
_SPACE = uuid.UUID("7e0b4e0e-6d53-4c0e-9a0c-54a3a3e1c9f1")
"""Of the names that idempotency keys are made from."""


@dataclass(frozen=True, slots=True)
class _Call:
    visit: Visit
    settings: kinds.Connector
    tool: Tool
    connection: Connection | None
    in_use: InUse | None
    run_id: uuid.UUID
    workspace_id: uuid.UUID

    @property
    def is_repeatable(self) -> bool:
        return retry.is_repeatable(self.tool, has_key=self.connection is not None)


def run(visit: Visit) -> Done:
    """Make the call, or wait for the next attempt at it, or for its connection."""
    call = _prepared(visit)
    _refuse_in_doubt(call)
    _wait_for_attempt(visit)
    if call.connection is not None:
        _hold(visit, call.connection)
        _wait_for_limit(visit, call.connection)
    arguments = visit.scope.fill(call.settings.arguments)
    if not call.is_repeatable:
        visit.journal.begun(visit)
    return _judged(call, _made(call, arguments))


def _prepared(visit: Visit) -> _Call:
    settings = visit.node.settings
    assert isinstance(settings, kinds.Connector)
    facts, owner = visit.facts, visit.journal.owner
    facts.tool = settings.tool
    facts.attempts = (visit.entry.attempts if visit.entry else 0) + 1
    connection = in_use = None
    if settings.connection_id:
        connection, in_use = connecting.find(owner.workspace_id, settings.connection_id)
        facts.connection_id, facts.connection_name = connection.pk, connection.name
    tool = registry.get(settings.connector).tool(settings.tool)
    return _Call(visit, settings, tool, connection, in_use, owner.run_id, owner.workspace_id)


def _refuse_in_doubt(call: _Call) -> None:
    entry = call.visit.entry
    if entry is not None and entry.status == "running" and not call.is_repeatable:
        call.visit.facts.attempts = entry.attempts
        sentence = "A worker was lost while this was sent, so it may have been carried out."
        raise Failed("outcome_unknown", sentence)


def _wait_for_attempt(visit: Visit) -> None:
    """Wait on, when a pause is not over."""
    entry = visit.entry
    if entry is None or entry.status != "waiting" or entry.outcome == HELD:
        return
    if entry.due_at and entry.due_at > clock.now():
        again = Waits(entry.due_at, LIMITED if entry.outcome == LIMITED else "retry")
        again.is_written = True
        raise again


def _hold(visit: Visit, connection: Connection) -> None:
    """Wait for a connection that does not work now; in all no longer than the workflow allows."""
    if connection.removed_at is not None or connection.status not in BROKEN:
        return
    hours = visit.journal.owner.hold_hours
    begun_at = (visit.entry and visit.entry.started_at) or clock.now()
    until = begun_at + timedelta(hours=hours)
    if until <= clock.now():
        many = "an hour" if hours == 1 else f"{hours} hours"
        raise Failed(HELD, f"The connection {connection.name} did not work for {many}.")
    attempts = visit.facts.attempts - 1
    raise Waits(until, "connection", waits_for_id=connection.pk, attempts=attempts, outcome=HELD)


def _wait_for_limit(visit: Visit, connection: Connection) -> None:
    """Wait while the service wants no calls through the connection; that is no attempt."""
    until = rate_limits.wait_for(connection.pk)
    if until is not None:
        attempts = visit.facts.attempts - 1
        raise Waits(until, LIMITED, attempts=attempts, outcome=LIMITED)


def _made(call: _Call, arguments: dict[str, Any]) -> Outcome:
    facts = call.visit.facts
    if call.connection is None:
        facts.shown_input = arguments
        calls.refuse_disabled(call.settings.connector)
        manifest = registry.get(call.settings.connector)
        return execution.call(manifest, None, call.tool, {}, arguments)
    note = Note(seconds=float(call.settings.timeout_seconds))
    try:
        return calls.call(
            call.connection,
            tool=call.settings.tool,
            arguments=arguments,
            use=Use("run", id=call.run_id),
            idempotency_key=str(uuid.uuid5(_SPACE, f"{call.run_id}:{call.visit.place}")),
            note=note,
            in_use=call.in_use,
        )
    finally:
        facts.shown_input = note.arguments
        facts.credential_version = note.credential_version


def _judged(call: _Call, outcome: Outcome) -> Done:
    """Tell what an outcome means for the step: done, once more after a pause, or failed."""
    if outcome.is_ok:
        return Done(outcome.data)
    attempt = call.visit.facts.attempts
    if retry.is_tried_again(
        outcome,
        tool=call.tool,
        attempt=attempt,
        attempts=call.settings.attempts,
        has_key=call.connection is not None,
    ):
        chance = random.random()  # noqa: S311 - to spread waits, not to keep a secret
        seconds = retry.delay_before(attempt + 1, outcome, chance=chance)
        until = clock.now() + timedelta(seconds=seconds)
        raise Waits(until, "retry", attempts=attempt, outcome=outcome.name)
    raise Failed(outcome.name, outcome.detail or outcome.meaning.sentence)
