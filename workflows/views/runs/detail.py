"""The page of one run: how it stands, its steps in time, the chosen one; fresh until the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from connections import access
from connections.models import Delivery
from connections.views.showing import reason_of
from workflows import hints
from workflows.models import Run, RunStatus, TriggerKind
from workflows.runs import rerunning
from workflows.views import finding, paths
from workflows.views.runs import showing, starting, step as steps_shown, tracing
from workflows.views.runs.tracing import Asked, Tracer
from workflows.watching import steps
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from workflows.models import Step

POLLING_ENDED = 286


@require_safe
@requires(Permission.SEE)
def page(request: WorkspaceRequest, *, run_id: uuid.UUID) -> HttpResponse:
    """Show a run; htmx gets its body with another step, or what moves; 286 ends its polling."""
    run = finding.run(request, run_id)
    target = request.htmx.target if request.htmx else ""  # type: ignore[attr-defined]
    context = _context(request, run)
    if target == "run-live":
        chosen = context["step"]
        context["is_step_fresh"] = bool(chosen) and request.GET.get("seen") != chosen["key"]
        status = POLLING_ENDED if run.is_finished else 200
        return render(request, "workflows/runs/_live.html", context, status=status)
    context["brought"] = starting.data(request, run)
    name = "_body" if target == "run-body" else "detail"
    return render(request, f"workflows/runs/{name}.html", context)


def _context(request: WorkspaceRequest, run: Run) -> dict[str, Any]:
    asked = Asked.of(request.GET.dict())
    chosen = _chosen(run, asked)
    url = paths.run(request.workspace.slug, run.pk)
    tracer = Tracer(run, url=url, asked=asked, chosen=chosen.place if chosen else "")
    shown = steps_shown.shown(request, run, chosen) if chosen else None
    query = request.GET.copy()
    query["seen"] = shown["key"] if shown else ""
    return {
        "run": _head(request, run),
        "panel": _panel(request, run),
        "lines": tracer.rows(),
        "ticks": tracing.ticks(run),
        "step": shown,
        "live_url": "" if run.is_finished else f"{url}?{query.urlencode()}",
        "refresh_url": "" if run.is_finished else f"{url}?{request.GET.urlencode()}",
    }


def _chosen(run: Run, asked: Asked) -> Step | None:
    """Find the step that the address names, or else the one that tells most."""
    if asked.place.endswith("]."):
        return steps.begin_of(run, asked.place) or steps.telling(run)
    found = steps.find(run, asked.place) if asked.place else None
    return found or steps.telling(run)


def _head(request: WorkspaceRequest, run: Run) -> dict[str, Any]:
    slug = request.workspace.slug
    word, icon = showing.TRIGGERS[TriggerKind(run.trigger)]
    is_gone = run.workflow.removed_at is not None
    return {
        "id": run.pk,
        "workflow": run.workflow.name,
        "workflow_url": "" if is_gone else paths.page(slug, run.workflow_id, "designer"),
        "runs_url": paths.runs_of(slug, run.workflow_id),
        "version": run.version.number,
        "version_url": "" if is_gone else _version_url(slug, run),
        "badge": showing.kind_of(run),
        "status": showing.status(run, with_reason=False),
        "is_finished": run.is_finished,
        "trigger": word,
        "trigger_icon": icon,
        "sources": list(_sources(request, run)),
        "actor": run.actor_name,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "duration_ms": showing.duration_ms(run),
        "acts": _acts(request, run),
    }


def _version_url(slug: str, run: Run) -> str:
    if run.version.number is None:
        return ""
    where = {"slug": slug, "workflow_id": run.workflow_id, "number": run.version.number}
    return reverse("workflows:version", kwargs=where)


def _sources(request: WorkspaceRequest, run: Run) -> Any:
    """Link what started a run, and what repeats it."""
    slug = request.workspace.slug
    if run.rerun_of_id:
        yield {
            "words": "Repeats",
            "label": "an earlier run",
            "url": paths.run(slug, run.rerun_of_id),
        }
    if run.parent_id:
        yield {"words": "Started by", "label": "another run", "url": paths.run(slug, run.parent_id)}
    if run.delivery_id:
        yield _delivery(request, run)
    if run.scheduled_at:
        yield {"words": "Scheduled for", "at": run.scheduled_at}
    again = Run.objects.filter(rerun_of_id=run.pk).order_by("-created_at").first()
    if again is not None:
        yield {"words": "Repeated by", "label": "a later run", "url": paths.run(slug, again.pk)}


def _delivery(request: WorkspaceRequest, run: Run) -> dict[str, Any]:
    rows = Delivery.objects.select_related("connection__owner").defer("sealed")
    delivery = rows.filter(pk=run.delivery_id, workspace_id=run.workspace_id).first()
    if delivery is None:
        return {"words": "Started by", "label": "a delivery that is no longer kept"}
    connection = delivery.connection
    is_open = access.may_see(request.membership, connection) and connection.removed_at is None
    where = {"slug": request.workspace.slug, "connection_id": connection.pk}
    url = reverse("connections:delivery", kwargs={**where, "delivery_id": delivery.pk})
    name = access.shown_name(request.membership, connection)
    return {"words": "Started by", "label": f"a delivery to {name}", "url": url if is_open else ""}


def _acts(request: WorkspaceRequest, run: Run) -> dict[str, Any]:
    """Say what this member may do with a run now."""
    if not request.membership.may(Permission.BUILD_WORKFLOWS):
        return {}
    where = {"slug": request.workspace.slug, "run_id": run.pk}
    if not run.is_finished:
        return {"cancel_url": reverse("runs:cancel", kwargs=where)}
    if run.workflow.removed_at is not None or run.only_node_id:
        return {}
    live_id = run.workflow.live_id
    return {
        "rerun_url": reverse("runs:rerun", kwargs=where),
        "is_from_failed": bool(run.error_node_id),
        "has_other_live": live_id is not None and live_id != run.version_id,
        "live_differs": _live_differs(run),
    }


def _live_differs(run: Run) -> str:
    """Name the step at which the live version begins anew, when it keeps less."""
    live_id = run.workflow.live_id
    if not run.error_node_id or live_id is None or live_id == run.version_id:
        return ""
    return rerunning.plan(run, version="live").differs


def _panel(request: WorkspaceRequest, run: Run) -> dict[str, Any] | None:
    """Say what holds a run up, or what it failed of, and what to do about that."""
    if run.status == RunStatus.WAITING:
        return _waiting(request, run)
    if run.status in {RunStatus.FAILED, RunStatus.TIMED_OUT}:
        return _failed(request, run)
    if run.status == RunStatus.CANCELLED:
        return {"kind": "", "title": run.error_sentence or "Cancelled."}
    return None


def _waiting(request: WorkspaceRequest, run: Run) -> dict[str, Any]:
    if run.waits_for != "connection":
        return {
            "kind": "",
            "title": f"{showing.WAITS.get(run.waits_for, 'Waits')}.",
            "at": run.due_at,
            "at_words": _UNANSWERED.get(run.waits_for, "It goes on"),
            "remedy": _answered_at(request, run),
        }
    connection = steps_shown.find_connection(run, run.waits_for_id)
    if connection is None:
        return {"kind": "warn", "title": "Waits for a connection that is no longer there."}
    name = access.shown_name(request.membership, connection)
    return {
        "kind": "warn",
        "title": f"Waits for the connection {name}.",
        "text": f"{reason_of(connection)} It goes on by itself as soon as"
        " the connection works; until then nothing is lost.".strip(),
        "at": run.due_at,
        "at_words": "It gives up",
        "remedy": steps_shown.remedy(request, connection),
    }


_UNANSWERED = {
    "approval": "Without a decision, it is rejected",
    "workflow": "It gives up",
}


def _answered_at(request: WorkspaceRequest, run: Run) -> dict[str, Any] | None:
    """Say where to look at what ends the wait: the question, or the other run."""
    slug = request.workspace.slug
    if run.waits_for_id is not None and run.waits_for == "approval":
        url = reverse("workflows:approval", args=[slug, run.waits_for_id])
        return {"url": url, "label": "See what is asked", "is_asked": False}
    if run.waits_for_id is not None and run.waits_for == "workflow":
        url = paths.run(slug, run.waits_for_id)
        return {"url": url, "label": "See the other run", "is_asked": False}
    return None


def _failed(request: WorkspaceRequest, run: Run) -> dict[str, Any]:
    connection = steps_shown.find_connection(run, run.error_connection_id)
    failed = steps.telling(run) if run.error_node_id else None
    url = paths.run(request.workspace.slug, run.pk)
    told = steps_shown.failure(request, failed, connection) if failed else None
    sentence = told["sentence"] if told else run.error_sentence
    return {
        "kind": "bad",
        "title": showing.unnamed(request, connection, sentence),
        "text": told["detail"] if told else "",
        "hint": hints.of(run.error_outcome),
        "step": failed.node_name if failed else "",
        "step_url": f"{url}?step={failed.place}#step" if failed else "",
        "through": access.shown_name(request.membership, connection) if connection else "",
        "remedy": steps_shown.remedy(request, connection),
    }
