"""The chosen step of a run: what it was given and gave, why it failed, through which connection.

What went through a private connection is shown to whoever may see that connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connections import access
from connections.models import Connection
from connections.views import mending, showing as connections
from connectors import registry
from connectors.manifest.connector import UnknownTool
from connectors.outcomes import MEANINGS
from connectors.registry import UnknownConnector
from workflows import hints
from workflows.definition import settings as kinds
from workflows.models import Run, StepStatus
from workflows.runs import graphs
from workflows.views import paths
from workflows.views.runs import showing, tracing
from workflows.views.runs.showing import ShownStatus
from workflows.watching import standing

if TYPE_CHECKING:
    import uuid

    from workflows.models import Step
    from workspaces.access import WorkspaceRequest

KINDS = {
    "connector": "Connector",
    "condition": "Condition",
    "loop": "Loop",
    "parallel": "Parallel",
    "transform": "Transform",
    "approval": "Approval",
    "sub_workflow": "Sub-workflow",
    "email": "E-mail",
    "response": "Response",
    "delay": "Delay",
}


def find_connection(run: Run, connection_id: uuid.UUID | None) -> Connection | None:
    """Find a connection that a run used or waits for; one that was removed, too."""
    if connection_id is None:
        return None
    rows = Connection.objects.filter(workspace_id=run.workspace_id).select_related("owner")
    found: Connection | None = rows.filter(pk=connection_id).first()
    return found


def shown(request: WorkspaceRequest, run: Run, step: Step) -> dict[str, Any]:
    """Show one step of a run."""
    connection = find_connection(run, step.connection_id)
    status = standing.of_step(run, step.status)
    return {
        "key": f"{step.place}-{step.status}-{step.attempts}-{run.is_finished}",
        "name": step.node_name,
        "kind": KINDS.get(step.kind, step.kind),
        "rounds": tracing.round_words(step.place),
        "status": ShownStatus(status, showing.WORDS[status]),
        "is_copied": step.is_copied,
        "failure": failure(request, step, connection),
        "facts": _facts(request, run, step, connection),
        "hidden_by": _hidden_by(request, connection),
        "has_input": step.shown_input is not None,
        "input": step.shown_input,
        "has_output": step.shown is not None,
        "output": step.shown,
        "is_cut": step.is_cut,
        "is_under_way": step.status in {StepStatus.RUNNING, StepStatus.WAITING},
    }


def _hidden_by(request: WorkspaceRequest, connection: Connection | None) -> str:
    """Name the private connection that keeps a step's input and output from this member."""
    if connection is None or access.may_see(request.membership, connection):
        return ""
    return access.shown_name(request.membership, connection)


def failure(
    request: WorkspaceRequest, step: Step, connection: Connection | None
) -> dict[str, Any] | None:
    """Say why a step failed, and what to do."""
    if step.status != StepStatus.FAILED:
        return None
    meaning = MEANINGS.get(step.outcome)
    sentence = meaning.sentence if meaning else step.detail
    detail = step.detail if meaning and step.detail != meaning.sentence else ""
    return {
        "sentence": showing.unnamed(request, connection, sentence),
        "detail": "" if _hidden_by(request, connection) else detail,
        "hint": hints.of(step.outcome),
        "outcome": step.outcome,
    }


def remedy(request: WorkspaceRequest, connection: Connection | None) -> dict[str, Any] | None:
    """Give what mends a connection that does not work: a link, or the button that asks for it."""
    if connection is None or connection.removed_at is not None:
        return None
    slug, membership = request.workspace.slug, request.membership
    link = connections.remedy(connection, slug=slug, membership=membership)
    if link is not None:
        return {"url": link.url, "label": link.label, "is_asked": False}
    ask = mending.offer(connection, slug=slug, membership=membership)
    return {**ask, "is_asked": True} if ask else None


def _facts(
    request: WorkspaceRequest, run: Run, step: Step, connection: Connection | None
) -> list[dict[str, Any]]:
    is_waiting = step.status == StepStatus.WAITING and not run.is_finished
    words = "Gives up" if step.outcome == "connection_broken" else "Goes on"
    facts: list[dict[str, Any]] = [
        {"label": "Started", "at": step.started_at},
        {"label": "Took", "ms": step.duration_ms if step.finished_at else None},
        {"label": "Attempts", "value": str(step.attempts) if step.attempts > 1 else ""},
        {"label": words, "at": step.due_at if is_waiting else None},
        *_of_connection(request, step, connection),
        {"label": "Tool", "value": _tool(run, step)},
        {"label": "Went on at", "value": step.output if step.output != "next" else ""},
        *_of_child(request, run, step),
        {"label": "Place", "code": step.place},
    ]
    keys = ("at", "ms", "value", "code")
    return [fact for fact in facts if any(fact.get(key) not in {None, ""} for key in keys)]


def _of_connection(
    request: WorkspaceRequest, step: Step, connection: Connection | None
) -> list[dict[str, Any]]:
    if step.connection_id is None:
        return []
    if connection is None:
        return [{"label": "Connection", "value": f"{step.connection_name}, no longer there"}]
    is_seen = access.may_see(request.membership, connection)
    name = step.connection_name if is_seen else access.shown_name(request.membership, connection)
    now = f" (now {connection.name})" if is_seen and connection.name != name else ""
    is_open = is_seen and connection.removed_at is None
    slug, version = request.workspace.slug, step.credential_version
    return [
        {
            "label": "Connection",
            "value": f"{name}{', removed' if connection.removed_at else now}",
            "url": connections.page(slug, connection, "detail") if is_open else "",
        },
        {
            "label": "Credential",
            "value": f"version {version}" if version else "",
            "url": connections.page(slug, connection, "credentials") if is_open else "",
        },
    ]


def _tool(run: Run, step: Step) -> str:
    """Name the tool as people know it, where the connector is still known."""
    node = graphs.of(run.workspace_id, run.version_id).by_id.get(step.node_id)
    if node is None or not isinstance(node.settings, kinds.Connector) or not step.tool:
        return step.tool
    try:
        manifest = registry.get(node.settings.connector)
        return f"{manifest.name}: {manifest.tool(step.tool).title}"
    except (UnknownConnector, UnknownTool):
        return step.tool


def _of_child(request: WorkspaceRequest, run: Run, step: Step) -> list[dict[str, Any]]:
    """Link the run that a step started."""
    if step.kind != "sub_workflow":
        return []
    rows = Run.objects.filter(parent_id=run.pk, parent_place=step.place, rerun_of_id=None)
    child = rows.select_related("workflow").only("pk", "workflow__name", "workspace_id").first()
    if child is None:
        return []
    url = paths.run(request.workspace.slug, child.pk)
    return [{"label": "Started", "value": f"a run of {child.workflow.name}", "url": url}]
