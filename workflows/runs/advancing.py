"""Carries one claimed run on: as far as it goes, then it is finished or given back until later."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from connections.models import Connection, Status
from spojit.lib import clock, logs, metrics, redaction
from workflows import failures
from workflows.engine import alone
from workflows.engine.advance import advance as walk
from workflows.engine.results import Failed, Waits
from workflows.engine.scope import Scope
from workflows.nodes import KINDS
from workflows.runs import answering, ending, graphs, values
from workflows.runs.journal import LeaseLost, RunJournal, Stopped
from workspaces import isolation
from workspaces.vault.envelope import CannotOpen

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from workflows.runs.claiming import Claimed

    End = Callable[[str, dict[str, Any]], list[tuple[Any, ...]]]

log = structlog.get_logger(__name__)

MOST_LOSSES = 5
"""After so many lost workers without a step in between, it is the run that loses them."""

_FINISH = """
UPDATE workflows_run
SET status = %(end_status)s, finished_at = %(now)s, due_at = NULL, lease_owner = NULL,
    waits_for = '', waits_for_id = NULL, worked_ms = %(worked_ms)s,
    error_node_id = %(end_node_id)s, error_outcome = %(end_outcome)s, error_sentence = %(sentence)s,
    error_connection_id = CASE WHEN %(end_node_id)s <> '' THEN (
        SELECT s.connection_id FROM workflows_step AS s
        WHERE s.run_id = %(run)s AND s.node_id = %(end_node_id)s AND s.status = 'failed'
        ORDER BY s.finished_at DESC LIMIT 1) END
WHERE id = %(run)s AND lease_owner = %(owner)s AND status = 'running'
RETURNING status = 'completed' AND NOT is_trial AND EXISTS (
    SELECT 1 FROM workflows_workflow AS w
    WHERE w.id = workflow_id AND w.failing_since IS NOT NULL)
"""
_REST = """
UPDATE workflows_run
SET status = 'waiting', due_at = %(until)s, lease_owner = NULL, losses = 0,
    waits_for = %(why)s, waits_for_id = %(waits_for_id)s, worked_ms = %(worked_ms)s
WHERE id = %(run)s AND lease_owner = %(owner)s AND status = 'running'
RETURNING id
"""


def advance(claimed: Claimed) -> str:
    """Carry a run on; return the status that it has then, empty when it is not ours any more."""
    isolation.refuse_network_in_transaction()
    with redaction.ensured_scope(), _logged(claimed):
        if claimed.losses >= MOST_LOSSES:
            sentence = "The worker was lost again and again while it worked on this run."
            return _finish(claimed, claimed.worked_ms, "failed", "", "worker_lost", sentence)
        try:
            journal = RunJournal(claimed)
            return _carried_on(claimed, journal)
        except LeaseLost:
            log.info("A run is not this worker's any more")
            return ""


def _logged(claimed: Claimed) -> AbstractContextManager[None]:
    """Let each line of the log say which run of which workspace it is about."""
    return logs.bound(run_id=str(claimed.id), workspace_id=str(claimed.workspace_id))


def _carried_on(claimed: Claimed, journal: RunJournal) -> str:
    try:
        _walk(claimed, journal)
    except Waits as waits:
        return _rest(claimed, journal, waits)
    except Failed as failure:
        reason = (failure.node_id, failure.outcome, failure.message)
        return _finish(claimed, journal.worked_ms, "failed", *reason)
    except Stopped as stopped:
        reason = ("", stopped.outcome, stopped.message)
        return _finish(claimed, journal.worked_ms, stopped.status, *reason)
    except CannotOpen as closed:
        reason = ("", closed.code, closed.message)
        return _finish(claimed, journal.worked_ms, "failed", *reason)
    return _finish(claimed, journal.worked_ms, "completed", "", "", "", end=journal.end)


def _walk(claimed: Claimed, journal: RunJournal) -> None:
    """Go through the graph, or do the one step that is tried alone."""
    graph, scope = graphs.of(claimed.workspace_id, claimed.version_id), _scope(claimed)
    if claimed.only_node_id:
        alone.do(graph, journal, KINDS, scope, node_id=claimed.only_node_id)
    else:
        walk(graph, journal, KINDS, scope)


def _scope(claimed: Claimed) -> Scope:
    scope = Scope(
        {
            "run": {
                "id": str(claimed.id),
                "trigger": claimed.trigger,
                "created_at": claimed.created_at.isoformat(),
            },
            "workflow": {"id": str(claimed.workflow_id), "name": claimed.workflow_name},
        }
    )
    scope.put_later("trigger", lambda: _data(claimed))
    return scope


def _data(claimed: Claimed) -> Any:
    return values.open_(
        claimed.data_sealed,
        workspace_id=claimed.workspace_id,
        table=values.RUN_TABLE,
        row=claimed.id,
        purpose=values.DATA,
    )


def _finish(
    claimed: Claimed,
    worked_ms: int,
    status: str,
    node_id: str,
    outcome: str,
    sentence: str,
    *,
    end: End | None = None,
) -> str:
    """Write the end of a run; `end` writes the last step along with it."""
    end = end or partial(isolation.ask, claimed.workspace_id)
    written = {
        "run": claimed.id,
        "owner": claimed.owner,
        "now": clock.now(),
        "worked_ms": worked_ms,
        "end_status": status,
        "end_node_id": node_id,
        "end_outcome": outcome,
        "sentence": redaction.redact(sentence)[:300],
    }
    with ending.followed(claimed, status=status):
        ended = end(_FINISH, written)
        if not ended:
            raise LeaseLost
    if ended[0][0]:
        failures.recovered(claimed.workspace_id, claimed.workflow_id)
    metrics.count_run(status, seconds=(clock.now() - claimed.created_at).total_seconds())
    level = logging.DEBUG if status == "completed" else logging.INFO
    log.log(level, "A run ended", status=status, outcome=outcome)
    return status


def _rest(claimed: Claimed, journal: RunJournal, waits: Waits) -> str:
    """Give a run back until later.

    The row of a connection that is waited for is locked meanwhile: when it works again by now, the
    run is due at once, and when not, whoever mends it finds the run waiting. Answers are looked for
    once the run is written as waiting.
    """
    written = {
        "run": claimed.id,
        "owner": claimed.owner,
        "until": waits.until,
        "why": waits.why,
        "waits_for_id": waits.waits_for_id,
        "worked_ms": journal.worked_ms,
    }
    with isolation.workspace(claimed.workspace_id):
        held_by = waits.waits_for_id if waits.why == "connection" else None
        if held_by is not None and _is_mended(held_by):
            written["until"] = clock.now()
        if not isolation.ask(claimed.workspace_id, _REST, written):
            raise LeaseLost
        if waits.may_be_answered:
            answering.catch_up(claimed.workspace_id, claimed.id)
    return "waiting"


def _is_mended(connection_id: uuid.UUID) -> bool:
    rows = Connection.objects.select_for_update(of=("self",)).filter(pk=connection_id)
    connection = rows.first()
    if connection is None or connection.removed_at is not None:
        return True
    return bool(connection.status == Status.ACTIVE)
