"""Acts on the draft as a whole: undo, redo, save, give up, enable, disable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.views.decorators.http import require_POST

from spojit.lib.errors import Refused
from workflows import drafts, lifecycle
from workflows.lifecycle import NotSound
from workflows.views import finding
from workflows.views.designer import saying, showing
from workflows.views.designer.edits import UnknownEdit
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django.http import HttpResponse

    from workflows.models import Workflow


@require_POST
@requires(Permission.BUILD_WORKFLOWS)
def draft(request: WorkspaceRequest, *, workflow_id: uuid.UUID) -> HttpResponse:
    """Do what `act` says with the draft."""
    workflow = finding.workflow(request, workflow_id)
    try:
        act = ACTS.get(request.POST.get("act", ""))
        if act is None:
            raise UnknownEdit
        return act(request, workflow)
    except NotSound as refusal:
        return saying.refused(request, refusal, problems_told={})
    except Refused as refusal:
        return saying.refused(request, refusal)


def _undo(request: WorkspaceRequest, workflow: Workflow) -> HttpResponse:
    said = workflow.draft.said if workflow.draft else ""
    drafts.undo(workflow)
    return saying.moved(request, workflow.pk, f"Undone: {said}.")


def _redo(request: WorkspaceRequest, workflow: Workflow) -> HttpResponse:
    return saying.moved(request, workflow.pk, f"Done again: {drafts.redo(workflow).said}.")


def _save(request: WorkspaceRequest, workflow: Workflow) -> HttpResponse:
    version = drafts.save(workflow, actor=request.actor)
    if version.is_sound:
        return saying.done(request, workflow.pk, said=f"Saved as version {version.number}.")
    goes_on = " The live one goes on." if workflow.live_id else ""
    said = f"Saved as version {version.number}, which has problems.{goes_on}"
    return saying.done(request, workflow.pk, said=said, level="warning")


def _discard(request: WorkspaceRequest, workflow: Workflow) -> HttpResponse:
    said = drafts.discard(workflow, actor=request.actor).said
    return saying.moved(request, workflow.pk, f"{said}. Undo brings your changes back.")


def _enable(request: WorkspaceRequest, workflow: Workflow) -> HttpResponse:
    """Save what is not saved, and enable it; with problems nothing is done but to list them."""
    _, problems = showing.checked(request, workflow, drafts.of(workflow))
    if problems:
        many = "1 problem keeps" if len(problems) == 1 else f"{len(problems)} problems keep"
        raise NotSound(f"{many} this from being enabled.", hint="They are listed on the canvas.")
    drafts.save(workflow, actor=request.actor)
    lifecycle.enable(workflow, actor=request.actor)
    said = "Enabled: its trigger starts runs now."
    return saying.done(request, workflow.pk, said=said)


def _disable(request: WorkspaceRequest, workflow: Workflow) -> HttpResponse:
    lifecycle.disable(workflow, actor=request.actor)
    return saying.done(request, workflow.pk, said="Disabled: nothing starts it any more.")


ACTS: dict[str, Callable[[WorkspaceRequest, Workflow], HttpResponse]] = {
    "undo": _undo,
    "redo": _redo,
    "save": _save,
    "discard": _discard,
    "enable": _enable,
    "disable": _disable,
}
