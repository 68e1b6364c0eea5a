"""Runs in words: status, what started them, how long they took, what they used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from connections import access
from connections.views import showing as connections
from connectors.outcomes import MEANINGS
from spojit.lib import clock
from workflows.models import RunStatus, StepStatus, TriggerKind
from workflows.views import paths

if TYPE_CHECKING:
    from datetime import datetime

    from connections.models import Connection
    from workflows.models import Run
    from workflows.watching.used import Used
    from workspaces.access import WorkspaceRequest

MOST_USED = 3
WORDS = {**dict(StepStatus.choices), **dict(RunStatus.choices)}
WAITS = {
    "connection": "Waits for a connection",
    "rate_limit": "Waits until the service takes calls again",
    "retry": "Waits to try again",
    "time": "Waits until a moment",
    "approval": "Waits for an approval",
    "workflow": "Waits for another workflow",
}
TRIGGERS = {
    TriggerKind.MANUAL: ("By hand", "person"),
    TriggerKind.WEBHOOK: ("Delivery", "inbox"),
    TriggerKind.SCHEDULE: ("Schedule", "clock"),
    TriggerKind.RERUN: ("Run again", "rotate"),
    TriggerKind.WORKFLOW: ("Another workflow", "play"),
    TriggerKind.FAILURE: ("A failed run", "warning"),
}


@dataclass(frozen=True, slots=True)
class ShownStatus:
    """A status as a mark, a word and perhaps a reason."""

    kind: str
    word: str
    reason: str = ""


class Name(NamedTuple):
    """A connection in a list of runs: as whoever looks may know it."""

    name: str
    url: str
    icon: Any
    connector_name: str


def status(run: Run, *, with_reason: bool = True) -> ShownStatus:
    """Show where a run stands, and why it is not done."""
    return ShownStatus(run.status, WORDS[run.status], _reason(run) if with_reason else "")


def _status_of(request: WorkspaceRequest, run: Run, used: list[Used]) -> ShownStatus:
    """Show where a run stands, with nothing of a private connection that it failed for."""
    shown = status(run)
    blamed = [one.connection for one in used if one.connection is not None]
    for connection in blamed:
        if connection.pk == run.error_connection_id:
            meaning = MEANINGS.get(run.error_outcome)
            if meaning and not access.may_see(request.membership, connection):
                return ShownStatus(shown.kind, shown.word, meaning.sentence)
            return ShownStatus(shown.kind, shown.word, unnamed(request, connection, shown.reason))
    return shown


def row(request: WorkspaceRequest, run: Run, used: list[Used]) -> dict[str, Any]:
    """Show a run in a table."""
    slug = request.workspace.slug
    word, icon = TRIGGERS[TriggerKind(run.trigger)]
    names = [name(request, one) for one in used]
    return {
        "id": run.pk,
        "url": paths.run(slug, run.pk),
        "workflow": run.workflow.name,
        "is_gone": run.workflow.removed_at is not None,
        "version": run.version.number,
        "badge": kind_of(run),
        "status": _status_of(request, run, used),
        "trigger": word,
        "trigger_icon": icon,
        "actor": run.actor_name,
        "at": run.started_at or run.created_at,
        "duration_ms": duration_ms(run),
        "used": names[:MOST_USED],
        "more_used": len(names[MOST_USED:]),
    }


def kind_of(run: Run) -> str:
    """Say that a run was a trial, or of one step only; nothing for what is in earnest."""
    if run.only_node_id:
        return "one step"
    return "trial" if run.is_trial else ""


def duration_ms(run: Run) -> int | None:
    """Say how long a run took, or how long it is under way; None before it begins."""
    if run.started_at is None or run.status == RunStatus.QUEUED:
        return None
    return milliseconds(run.started_at, run.finished_at or clock.now())


def milliseconds(begin: datetime, end: datetime) -> int:
    """Count from one moment to another."""
    return max(0, round((end - begin).total_seconds() * 1000))


def name(request: WorkspaceRequest, used: Used) -> Name:
    """Name a connection that was used; of a private one others see whose it is."""
    connection = used.connection
    if connection is None:
        return Name(used.name, "", None, used.name)
    membership, manifest = request.membership, connection.manifest
    is_open = access.may_see(membership, connection) and connection.removed_at is None
    url = connections.page(request.workspace.slug, connection, "detail") if is_open else ""
    shown = access.shown_name(membership, connection)
    return Name(shown, url, manifest.icon, manifest.name)


def unnamed(request: WorkspaceRequest, connection: Connection | None, text: str) -> str:
    """Leave the name of a private connection out of a sentence, for who may not see it."""
    if connection is None or access.may_see(request.membership, connection):
        return text
    return text.replace(connection.name, access.shown_name(request.membership, connection))


def _reason(run: Run) -> str:
    if run.status == RunStatus.WAITING:
        return WAITS.get(run.waits_for, "")
    return "" if run.status == RunStatus.COMPLETED else run.error_sentence
