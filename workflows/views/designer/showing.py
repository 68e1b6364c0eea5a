"""What the designer's templates show: the canvas, its toolbar, problems, and what others did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.urls import reverse

from connections.models import Connection
from connections.views.showing import ShownStatus
from workflows import drafts, references, surroundings, watching
from workflows.definition.validation import validate
from workflows.models import Revision, Workflow
from workflows.views import framing, paths, uses
from workflows.views.designer import cards
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from workflows.definition import Graph, Problem
    from workflows.drafts import Draft
    from workflows.views.uses import Use
    from workspaces.access import WorkspaceRequest

MOST_TOLD = 3
"""Edits of others that are told one by one."""


def context(request: WorkspaceRequest, workflow: Workflow) -> dict[str, Any]:
    """Return all that the canvas, toolbar and list of problems show."""
    draft = drafts.of(workflow)
    graph, problems = checked(request, workflow, draft)
    run = watching.latest(workflow)
    slug = request.workspace.slug
    urls = addresses(slug, workflow.pk)
    may_build = request.membership.may(Permission.BUILD_WORKFLOWS)
    saved = workflow.latest.number if workflow.latest else None
    return {
        "workflow": workflow,
        "may_build": may_build,
        "has_trigger": bool(graph.triggers),
        "draft": draft,
        "seen": _seen(draft.number, saved, workflow.is_enabled),
        "canvas": cards.canvas(
            graph,
            problems=problems,
            uses=bound(request, graph),
            lights=watching.lights(run) if run else {},
            panel_url=urls["panel"],
        ),
        "problems": [_told(problem, graph, urls["panel"]) for problem in problems],
        "urls": urls,
        "run": shown_run(slug, run) if run else None,
        "tabs": framing.tabs(slug, workflow, "designer", may_build=may_build),
        "menu": framing.menu(slug, workflow, may_build=may_build),
    }


def checked(
    request: WorkspaceRequest, workflow: Workflow, draft: Draft
) -> tuple[Graph, list[Problem]]:
    """Read the draft and list what is wrong with it now."""
    around = surroundings.around(
        request.workspace.pk,
        workflow=workflow,
        actor=request.actor,
        definitions=[draft.definition],
    )
    return validate(draft.definition, around)


def bound(request: WorkspaceRequest, graph: Graph) -> dict[str, Use]:
    """Show the connections that nodes are bound to, by their IDs."""
    ids = {cards.connection_of(node) for node in graph.nodes} - {""}
    valid = [one for one in ids if references.is_id(one)]
    if not valid:
        return {}
    rows = Connection.objects.filter(workspace_id=request.workspace.pk, pk__in=valid)
    slug, membership = request.workspace.slug, request.membership
    return {
        str(row.pk): uses.shown(row, slug=slug, membership=membership)
        for row in rows.select_related("owner")
    }


def seen(workflow_id: uuid.UUID) -> str:
    """Say in short what the page shows, so that it can be asked whether it still stands."""
    rows = Workflow.objects.filter(pk=workflow_id)
    numbers = rows.annotate(shown=F("draft__number"), saved=F("latest__number"))
    found = numbers.values_list("shown", "saved", "is_enabled").get()
    return _seen(*found)


def _seen(*numbers: int | None) -> str:
    return "-".join(str(int(one or 0)) for one in numbers)


def news(request: WorkspaceRequest, workflow: Workflow, *, since: int, polled: bool) -> list[str]:
    """Tell what others did to the draft since a revision."""
    now = workflow.draft.number if workflow.draft else 0
    rows = Revision.objects.filter(workflow=workflow, number__gt=since, number__lte=now)
    others = rows.exclude(created_by_id=request.user.pk).filter(number__gt=1).defer("definition")
    told = [f"{row.created_by_name}: {row.said}" for row in others.order_by("-number")[:MOST_TOLD]]
    if not told and polled and now < since:
        said = workflow.draft.said if workflow.draft else ""
        return [f"Somebody undid an edit. The last one now: {said}"]
    return told[::-1]


def addresses(slug: str, workflow_id: uuid.UUID) -> dict[str, str]:
    """Return the addresses that the designer asks."""
    names = ("canvas", "palette", "edits", "draft", "run")
    found = {name: paths.page(slug, workflow_id, f"designer_{name}") for name in names}
    found["page"] = paths.page(slug, workflow_id, "designer")
    found["panel"] = f"{found['page']}steps/-node-/"
    return found


def shown_run(slug: str, run: Any) -> dict[str, Any]:
    """Show a run in the strip above the canvas."""
    trial = reverse("workflows:designer_progress", args=[slug, run.workflow_id, run.pk])
    return {
        "status": ShownStatus(run.status, run.get_status_display()),
        "url": paths.run(slug, run.pk),
        "progress_url": trial,
        "is_finished": run.is_finished,
        "at": run.finished_at or run.created_at,
    }


def _told(problem: Problem, graph: Graph, panel_url: str) -> dict[str, str]:
    node = graph.by_id.get(problem.node_id)
    return {
        "node_id": problem.node_id,
        "name": node.name if node else "",
        "message": problem.message,
        "hint": problem.hint,
        "url": panel_url.replace("-node-", node.id) if node else "",
    }
