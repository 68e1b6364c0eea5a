"""Edits from the canvas: add, duplicate, remove or move a step, lead a wire elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.views.decorators.http import require_POST

from connectors import registry
from connectors.registry import UnknownConnector
from spojit.lib.errors import Refused
from workflows import drafts
from workflows.definition import editing, parts
from workflows.definition.editing import CannotAdd
from workflows.views import finding
from workflows.views.designer import saying
from workflows.views.designer.kinds import KINDS, output_label
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django.http import HttpResponse, QueryDict

    from workflows.models import Workflow


class UnknownEdit(Refused):
    """The page asked for something else."""

    code = "unknown_edit"
    message = "There is no such edit."


@require_POST
@requires(Permission.BUILD_WORKFLOWS)
def edits(request: WorkspaceRequest, *, workflow_id: uuid.UUID) -> HttpResponse:
    """Do what `act` says to the draft, and say which step is to be shown then."""
    workflow = finding.workflow(request, workflow_id)
    try:
        edit = EDITS.get(request.POST.get("act", ""))
        if edit is None:
            raise UnknownEdit
        return edit(request, workflow, request.POST)
    except Refused as refusal:
        return saying.refused(request, refusal)


def _add(request: WorkspaceRequest, workflow: Workflow, sent: QueryDict) -> HttpResponse:
    kind, _, key = sent.get("kind", "").partition(":")
    name, settings = _offered(kind, key)
    made: list[str] = []

    def change(definition: Any) -> Any:
        after, node_id = editing.add(
            definition,
            kind=kind,
            after=sent.get("after", ""),
            output=sent.get("output", ""),
            settings=settings,
            name=name,
        )
        made.append(node_id)
        return after

    drafts.edit(workflow, change, said=f"Added {name}", actor=request.actor)
    return saying.done(request, workflow.pk, chosen=made[-1])


def _offered(kind: str, key: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the first settings of a new step."""
    if kind not in KINDS:
        raise CannotAdd("There is no such kind of step.")
    if kind != "connector":
        return KINDS[kind].label if kind != "trigger" else "Start", {}
    try:
        connector = registry.get(key)
    except UnknownConnector:
        raise CannotAdd("There is no such connector.") from None
    return connector.name, {"connector": key}


def _duplicate(request: WorkspaceRequest, workflow: Workflow, sent: QueryDict) -> HttpResponse:
    node_id = sent.get("node", "")
    made: list[str] = []

    def change(definition: Any) -> Any:
        after, copy = editing.duplicate(definition, node_id=node_id)
        made.append(copy)
        return after

    def said(before: Any, _: Any) -> str:
        return f"Duplicated {_name(before, node_id)}"

    drafts.edit(workflow, change, said=said, actor=request.actor)
    return saying.done(request, workflow.pk, chosen=made[-1])


def _remove(request: WorkspaceRequest, workflow: Workflow, sent: QueryDict) -> HttpResponse:
    node_id = sent.get("node", "")

    def said(before: Any, after: Any) -> str:
        gone = len(parts.by_id(before)) - len(parts.by_id(after)) - 1
        with_it = {0: "", 1: " and 1 step in it"}.get(gone, f" and {gone} steps in it")
        return f"Removed {_name(before, node_id)}{with_it}"

    draft = drafts.edit(
        workflow,
        lambda definition: editing.remove(definition, node_id=node_id),
        said=said,
        actor=request.actor,
        node_id=node_id,
        based_on=_based_on(sent),
    )
    return saying.done(request, workflow.pk, chosen="", said=f"{draft.said}. Undo brings it back.")


def _move(request: WorkspaceRequest, workflow: Workflow, sent: QueryDict) -> HttpResponse:
    node_id = sent.get("node", "")
    after, _, output = sent.get("place", "").rpartition(".")
    drafts.edit(
        workflow,
        lambda definition: editing.move(definition, node_id=node_id, after=after, output=output),
        said=lambda before, _: f"Moved {_name(before, node_id)}",
        actor=request.actor,
    )
    return saying.done(request, workflow.pk)


def _rewire(request: WorkspaceRequest, workflow: Workflow, sent: QueryDict) -> HttpResponse:
    node_id, output, to = sent.get("node", ""), sent.get("output", ""), sent.get("to", "")

    def said(before: Any, _: Any) -> str:
        begin = f"{_name(before, node_id)} ({output_label(output)})"
        return f"Led {begin} to {_name(before, to)}" if to else f"Cut the wire of {begin}"

    drafts.edit(
        workflow,
        lambda definition: editing.rewire(definition, from_=node_id, output=output, to=to),
        said=said,
        actor=request.actor,
    )
    return saying.done(request, workflow.pk)


EDITS: dict[str, Callable[[WorkspaceRequest, Workflow, QueryDict], HttpResponse]] = {
    "add": _add,
    "duplicate": _duplicate,
    "remove": _remove,
    "move": _move,
    "rewire": _rewire,
}


def _name(definition: Any, node_id: str) -> str:
    return str(parts.by_id(definition).get(node_id, {}).get("name") or node_id)


def _based_on(sent: QueryDict) -> int | None:
    number = sent.get("based_on", "")
    return int(number) if number.isdecimal() else None
