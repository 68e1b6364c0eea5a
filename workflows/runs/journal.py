"""The record of one run in the database: each step committed by one statement under the lease."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings

from spojit.lib import clock, metrics, redaction
from spojit.lib.errors import SpojitError
from spojit.lib.ids import new_id
from workflows.engine.journal import Entry, Owner
from workflows.engine.results import Failed
from workflows.runs import children, claiming, values
from workflows.runs.values import RESPONSE, RUN_TABLE, STATE, STEP_TABLE, TooLarge
from workspaces import isolation

if TYPE_CHECKING:
    import uuid

    from workflows.engine.journal import Child
    from workflows.engine.results import Done, Waits
    from workflows.engine.visit import Facts, Visit
    from workflows.runs.claiming import Claimed

MOST_STEPS = 20_000

_LOAD = """
SELECT place, id, status, outcome, detail, output, attempts, due_at, started_at
FROM workflows_step WHERE run_id = %(run)s
"""
_VALUE = "SELECT state_sealed FROM workflows_step WHERE run_id = %(run)s AND id = %(id)s"

# Nothing is written when the run is another worker's by now, or was cancelled.
_WRITE = """
WITH mine AS (
    UPDATE workflows_run
    SET due_at = %(until)s, losses = 0, response_sealed = coalesce(%(response)s, response_sealed)
    WHERE id = %(run)s AND lease_owner = %(owner)s AND status = 'running'
    RETURNING id, workspace_id
)
INSERT INTO workflows_step AS s
    (id, workspace_id, run_id, place, node_id, node_name, kind, status, attempts, started_at,
     finished_at, duration_ms, due_at, outcome, detail, output, shown_input, shown, is_cut,
     state_sealed, connection_id, connection_name, credential_version, tool)
SELECT %(id)s, workspace_id, id, %(place)s, %(node_id)s, %(node_name)s, %(kind)s, %(status)s,
       %(attempts)s, %(started_at)s::timestamptz, %(finished_at)s::timestamptz, %(duration_ms)s,
       %(due_at)s::timestamptz, %(outcome)s, %(detail)s, %(output)s, %(shown_input)s::jsonb,
       %(shown)s::jsonb, %(is_cut)s, %(state)s::bytea, %(connection_id)s::uuid,
       %(connection_name)s, %(credential_version)s, %(tool)s
FROM mine
ON CONFLICT (run_id, place) DO UPDATE SET
    status = excluded.status, attempts = excluded.attempts, finished_at = excluded.finished_at,
    duration_ms = excluded.duration_ms, due_at = excluded.due_at, outcome = excluded.outcome,
    detail = excluded.detail, output = excluded.output, shown_input = excluded.shown_input,
    shown = excluded.shown, is_cut = excluded.is_cut, state_sealed = excluded.state_sealed,
    connection_id = excluded.connection_id, connection_name = excluded.connection_name,
    credential_version = excluded.credential_version, tool = excluded.tool
RETURNING s.id
"""


class LeaseLost(SpojitError):
    """The run is another worker's by now, or was cancelled; nothing was written."""

    code = "lease_lost"
    message = "The run is not this worker's any more."


class Stopped(SpojitError):
    """The run reached one of its own limits; `status` is how it ends."""

    code = "stopped"

    def __init__(self, status: str, outcome: str, sentence: str) -> None:
        """Say which."""
        super().__init__(sentence)
        self.status = status
        self.outcome = outcome


class RunJournal:
    """`workflows.engine.journal.Journal`, kept in the rows of `Step`."""

    def __init__(self, claimed: Claimed) -> None:
        """Read what was committed of a claimed run."""
        self.owner = Owner(claimed.workspace_id, claimed.id, claimed.hold_hours)
        self._claimed = claimed
        self._begun_at = clock.now()
        self._entries: dict[str, Entry] = {}
        self._rounds: set[str] = set()
        self._last: dict[str, Any] | None = None
        if not claimed.is_fresh:
            self._load()

    @property
    def worked_ms(self) -> int:
        """For how long workers have been at this run, this one included."""
        here = clock.now() - self._begun_at
        return self._claimed.worked_ms + max(0, round(here.total_seconds() * 1000))

    def entry(self, place: str) -> Entry | None:
        """Find what was committed of a step."""
        return self._entries.get(place)

    def has_begun(self, place: str) -> bool:
        """Say whether anything in a round was committed."""
        return place in self._rounds

    def value(self, place: str) -> Any:
        """Open the full output of a committed step."""
        entry = self._entries[place]
        rows = self._ask(_VALUE, {"run": self.owner.run_id, "id": entry.id})
        return values.open_(
            rows[0][0] if rows else None,
            workspace_id=self.owner.workspace_id,
            table=STEP_TABLE,
            row=entry.id,
            purpose=STATE,
        )

    def begun(self, visit: Visit, value: Any = None) -> None:
        """Write that a step is under way."""
        self._write(visit, "running", state=value)

    def completed(self, visit: Visit, done: Done, *, is_last: bool = False) -> None:
        """Write what a step gave; refuses what is too large.

        The last one's is left to `end`, unless it may not be done again.
        """
        try:
            self._write(visit, "completed", done=done, state=done.value, is_last=is_last)
        except TooLarge as refusal:
            raise Failed(refusal.code, refusal.message) from None
        metrics.count_step(visit.node.kind, "completed")

    def failed(self, visit: Visit, failure: Failed) -> None:
        """Write that a step failed."""
        self._write(visit, "failed", outcome=failure.outcome, detail=failure.message)
        metrics.count_step(visit.node.kind, "failed")

    def waits(self, visit: Visit, waits: Waits) -> None:
        """Write that a step goes on later."""
        visit.facts.attempts = waits.attempts
        self._write(visit, "waiting", outcome=waits.outcome, due_at=waits.until)

    def end(self, statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run the statement that ends the run, together with the write of its last step."""
        if self._last is None:
            return self._ask(statement, parameters)
        return self._ask(f"{_WRITE};{statement}", self._last | parameters)

    def child(self, place: str) -> Child | None:
        """Find the run that a step started."""
        return children.find(self.owner.workspace_id, self.owner.run_id, place)

    def start_child(self, visit: Visit, workflow_id: str, data: Any) -> Child:
        """Start another workflow's run for a step."""
        started = children.start(
            self._claimed, place=visit.place, workflow_id=workflow_id, data=data
        )
        if started is None:
            raise LeaseLost
        return started

    def _load(self) -> None:
        rows = self._ask(_LOAD, {"run": self.owner.run_id})
        for place, *found in rows:
            self._keep(place, Entry(*found))

    def _keep(self, place: str, entry: Entry) -> None:
        self._entries[place] = entry
        end = place.rfind("].")
        while end >= 0 and place[: end + 1] not in self._rounds:
            self._rounds.add(place[: end + 1])
            end = place.rfind("].", 0, end)

    def _write(
        self,
        visit: Visit,
        status: str,
        *,
        state: Any = None,
        done: Done | None = None,
        outcome: str = "",
        detail: str = "",
        due_at: Any = None,
        is_last: bool = False,
    ) -> None:
        self._refuse_too_much()
        known = self._entries.get(visit.place)
        entry = Entry(
            id=known.id if known else new_id(),
            status=status,
            outcome=outcome or ("ok" if done else ""),
            detail=redaction.redact(detail)[:300],
            output=done.output if done else "",
            attempts=visit.facts.attempts,
            due_at=due_at,
            started_at=(known and known.started_at) or visit.started_at,
        )
        row = self._row(visit, entry, state=state, done=done)
        if is_last and known is None:
            self._last = row
        elif not self._ask(_WRITE, row):
            raise LeaseLost
        self._keep(visit.place, entry)

    def _row(self, visit: Visit, entry: Entry, *, state: Any, done: Done | None) -> dict[str, Any]:
        now, node = clock.now(), visit.node
        response = done.response if done else None
        return {
            "run": self.owner.run_id,
            "owner": self._claimed.owner,
            "until": claiming.lease_end(now),
            "response": self._sealed(response, RUN_TABLE) if response else None,
            "id": entry.id,
            "place": visit.place,
            "node_id": node.id,
            "node_name": node.name,
            "kind": node.kind,
            "status": entry.status,
            "attempts": entry.attempts,
            "started_at": visit.started_at,
            "finished_at": now if entry.is_over else None,
            "duration_ms": max(0, round((now - visit.started_at).total_seconds() * 1000)),
            "due_at": entry.due_at,
            "outcome": entry.outcome,
            "detail": entry.detail,
            "output": entry.output,
            "state": self._sealed(state, STEP_TABLE, entry.id) if state is not None else None,
            **_told(visit.facts, done.value if done else None),
        }

    def _sealed(self, value: Any, table: str, row: uuid.UUID | None = None) -> bytes:
        return values.seal(
            value,
            workspace_id=self.owner.workspace_id,
            table=table,
            row=row or self.owner.run_id,
            purpose=STATE if row else RESPONSE,
        )

    def _refuse_too_much(self) -> None:
        if timedelta(milliseconds=self.worked_ms) > timedelta(seconds=settings.RUN_SECONDS):
            sentence = f"It worked for more than {settings.RUN_SECONDS // 60} minutes."
            raise Stopped("timed_out", "run_timed_out", sentence)
        if len(self._entries) > MOST_STEPS:
            raise Stopped("failed", "too_many_steps", f"It has more than {MOST_STEPS:,} steps.")

    def _ask(self, statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        return isolation.ask(self.owner.workspace_id, statement, parameters)


def _told(facts: Facts, value: Any) -> dict[str, Any]:
    """Give the columns that people read, masked and cut."""
    shown, is_cut = values.shown(redaction.redact_value(value))
    shown_input, is_input_cut = values.shown(redaction.redact_value(facts.shown_input))
    return {
        "shown": shown,
        "shown_input": shown_input,
        "is_cut": is_cut or is_input_cut,
        "connection_id": facts.connection_id,
        "connection_name": facts.connection_name,
        "credential_version": facts.credential_version,
        "tool": facts.tool,
    }
