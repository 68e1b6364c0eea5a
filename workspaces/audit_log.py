"""Reading the audit log: filtered, a page at a time by its keys, and as lines for a table."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from spojit.lib import redaction
from spojit.lib.cursors import Cursor
from workspaces import isolation
from workspaces.models import AuditEvent, Workspace

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator, Mapping

PAGE = 50
EXPORT_PAGE = 500
COLUMNS = ("at", "actor", "act", "subject_kind", "subject", "details", "address", "subject_id")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

WORDS = {
    "member.role_changed": "Changed the role of a member",
    "member.left": "Left the workspace",
    "connection.made_private": "Made a connection private",
    "connection.shared": "Opened a connection to the workspace",
    "connection.handed_over": "Handed over a connection",
    "connection.account_accepted": "Accepted another account",
    "connection.account_rejected": "Rejected another account",
    "connection.replaced": "Let another connection be used instead",
    "connection.tool_tried": "Tried a tool",
    "connection.delivered_again": "Delivered once more",
    "connection.delivery_tested": "Sent a test delivery",
    "connection.verification_requested": "Asked for a verification",
    "credential.promoted": "Put a credential to use",
    "credential.retired": "Retired an older secret",
    "credential.retirement_set": "Set when an older secret ends",
    "credential.expiry_set": "Set when a credential expires",
    "workflow.moved": "Let a workflow use another connection",
    "workflow.saved": "Saved a version of a workflow",
    "workflow.tuned": "Changed how a workflow runs",
    "workflow.rekeyed": "Changed the stable key of a workflow",
    "run.repeated": "Started a run again",
    "invitation.sent_again": "Sent an invitation again",
    "audit.exported": "Exported the audit log",
    "staff.added": "Staff added a row",
    "staff.changed": "Staff changed a row",
    "staff.deleted": "Staff deleted a row",
}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What is asked for: a person, an act, days of the workspace's own time zone."""

    actor: uuid.UUID | None = None
    act: str = ""
    from_on: date | None = None
    to_on: date | None = None


class Page(NamedTuple):
    """Rows, the newest first, and where older ones begin."""

    rows: list[AuditEvent]
    older: Cursor | None


def page(workspace: Workspace, narrowed: Narrowed, *, before: Cursor | None = None) -> Page:
    """Read one page, whose cost does not grow with the pages before it."""
    with isolation.workspace(workspace):
        rows = list(_after(_events(workspace, narrowed), before)[: PAGE + 1])
    shown = rows[:PAGE]
    last = Cursor(shown[-1].at, shown[-1].pk) if len(rows) > PAGE else None
    return Page(shown, last)


def actors(workspace: Workspace) -> list[tuple[uuid.UUID, str]]:
    """List who ever acted in a workspace, by name."""
    with isolation.workspace(workspace):
        rows = AuditEvent.objects.filter(workspace_id=workspace.pk, actor_id__isnull=False)
        pairs = rows.order_by("actor_id", "-at").distinct("actor_id")
        found = list(pairs.values_list("actor_id", "actor_name"))
    return sorted(found, key=lambda pair: (pair[1].casefold(), pair[0]))


def acts(workspace: Workspace) -> list[str]:
    """List which acts ever happened in a workspace."""
    with isolation.workspace(workspace):
        rows = AuditEvent.objects.filter(workspace_id=workspace.pk)
        return list(rows.order_by("act").values_list("act", flat=True).distinct())


def export(workspace: Workspace, narrowed: Narrowed) -> Iterator[str]:
    """Write the log as lines of CSV, the newest first, reading it in pages of its own scopes.

    Cells that a spreadsheet would take for a formula begin with an apostrophe.
    """
    yield _line(COLUMNS)
    before: Cursor | None = None
    while True:
        with isolation.workspace(workspace):
            rows = list(_after(_events(workspace, narrowed), before)[:EXPORT_PAGE])
        yield from (_line(_cells(row)) for row in rows)
        if len(rows) < EXPORT_PAGE:
            return
        before = Cursor(rows[-1].at, rows[-1].pk)


def words(act: str) -> str:
    """Say an act for people: `connection.created` is "Created a connection"."""
    if act in WORDS:
        return WORDS[act]
    kind, _, verb = act.partition(".")
    article = "an" if kind[:1] in "aeiou" else "a"
    return f"{verb.replace('_', ' ').capitalize()} {article} {kind.replace('_', ' ')}"


def details(values: Mapping[str, Any]) -> str:
    """Say an event's details in one line, redacted."""
    parts = (f"{key.replace('_', ' ')}: {_flat(value)}" for key, value in values.items())
    return redaction.redact("; ".join(parts))


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {inner}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_flat, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _events(workspace: Workspace, narrowed: Narrowed) -> QuerySet[AuditEvent]:
    rows: QuerySet[AuditEvent] = AuditEvent.objects.filter(workspace_id=workspace.pk)
    if narrowed.actor:
        rows = rows.filter(actor_id=narrowed.actor)
    if narrowed.act:
        rows = rows.filter(act=narrowed.act)
    if narrowed.from_on:
        rows = rows.filter(at__gte=_midnight(narrowed.from_on, workspace))
    if narrowed.to_on:
        rows = rows.filter(at__lt=_midnight(narrowed.to_on + timedelta(days=1), workspace))
    return rows.order_by("-at", "-id")


def _after(rows: QuerySet[AuditEvent], before: Cursor | None) -> QuerySet[AuditEvent]:
    if before is None:
        return rows
    return rows.filter(Q(at__lt=before.at) | Q(id__lt=before.id), at__lte=before.at)


def _midnight(day: date, workspace: Workspace) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(workspace.time_zone))


def _cells(row: AuditEvent) -> tuple[str, ...]:
    return (
        row.at.isoformat(timespec="seconds"),
        row.actor_name,
        row.act,
        row.subject_kind,
        row.subject_name,
        redaction.redact(json.dumps(row.details, ensure_ascii=False, default=str)),
        row.address or "",
        str(row.subject_id or ""),
    )


def _line(cells: tuple[str, ...]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow([_harmless(cell) for cell in cells])
    return buffer.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
