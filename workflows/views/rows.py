"""Workflows as rows of their list: dictionaries, which templates read faster than attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from connections.views.showing import Link
from workflows.models.run import RunStatus
from workflows.views import framing, paths, uses
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping
    from datetime import datetime

    from connections.models import Connection
    from workflows.models import Run, Workflow
    from workflows.views.uses import Use
    from workspaces.access import WorkspaceRequest

MOST_USES = 3
WORDS = dict(RunStatus.choices)


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the rows of a page, by the workflow's ID."""

    connections: Mapping[uuid.UUID, list[Connection]]
    triggers: Mapping[uuid.UUID, Any]
    runs: Mapping[uuid.UUID, Run]


class LastRun(NamedTuple):
    """The newest run of a workflow: a status, as the template tag draws it, and its page."""

    url: str
    kind: str
    word: str
    at: datetime


class Badge(NamedTuple):
    """A small label by a workflow's name."""

    word: str
    kind: str


def shown(request: WorkspaceRequest, workflow: Workflow, *, beside: Beside) -> dict[str, Any]:
    """Show a workflow in a table."""
    slug, membership = request.workspace.slug, request.membership
    may_build = membership.may(Permission.BUILD_WORKFLOWS)
    connections = beside.connections.get(workflow.pk, [])
    used = [uses.shown(row, slug=slug, membership=membership) for row in connections]
    most = max(MOST_USES, sum(1 for use in used if use.trouble))
    schedule = getattr(workflow, "schedule", None)
    return {
        "id": workflow.pk,
        "name": workflow.name,
        "url": paths.page(slug, workflow.pk, "designer"),
        "tags": workflow.tags,
        "badges": badges(workflow, used),
        "is_enabled": workflow.is_enabled,
        "enabling_url": paths.page(slug, workflow.pk, "enabling"),
        "may_build": may_build,
        "trigger": _trigger(beside.triggers.get(workflow.pk)),
        "next_run_at": schedule.next_at if schedule else None,
        "uses": used[:most],
        "more_uses": len(used[most:]),
        "run": _run(slug, beside.runs.get(workflow.pk)),
        "menu": _menu(slug, workflow, may_build=may_build),
        "menu_label": f"More acts on {workflow.name}",
    }


def badges(workflow: Workflow, used: list[Use]) -> list[Badge]:
    """Say what somebody should look at."""
    broken = sum(1 for use in used if use.trouble)
    found = []
    if broken:
        words = "a connection does not work" if broken == 1 else f"{broken} connections do not work"
        found.append(Badge(words, "bad"))
    if workflow.failing_since:
        found.append(Badge("failing", "bad"))
    if workflow.live_id != workflow.latest_id:
        found.append(Badge("draft has problems", "warn"))
    return found


def _menu(slug: str, workflow: Workflow, *, may_build: bool) -> list[Link]:
    first = [
        Link(paths.runs_of(slug, workflow.pk), "Runs", "play"),
        Link(paths.page(slug, workflow.pk, "versions"), "Versions", "history"),
    ]
    if may_build:
        first.append(Link(paths.page(slug, workflow.pk, "settings"), "Settings", "settings"))
    return [*first, *framing.menu(slug, workflow, may_build=may_build)]


def _trigger(start: Any) -> dict[str, str]:
    """Say what starts a workflow, and how exactly; a draft may be anything."""
    start = start if isinstance(start, dict) else {}
    kind = start.get("type")
    if kind == "schedule":
        detail = f"{start.get('cron', '')} {start.get('time_zone', 'UTC')}".strip()
        return {"word": "Schedule", "icon": "clock", "detail": detail[:120]}
    if kind == "webhook":
        return {"word": "Webhook", "icon": "inbox", "detail": ""}
    return {"word": "By hand", "icon": "person", "detail": ""}


def _run(slug: str, run: Run | None) -> LastRun | None:
    if run is None:
        return None
    at = run.finished_at or run.started_at or run.created_at
    return LastRun(paths.run(slug, run.pk), run.status, WORDS[run.status], at)
