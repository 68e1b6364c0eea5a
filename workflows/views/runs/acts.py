"""What is done with a run: cancelled, or run again; and those that failed for a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from connections.views import finding as connections, showing
from spojit.lib.errors import SpojitError
from workflows import runs, tasks
from workflows.runs import blamed, rerunning
from workflows.views import finding, paths
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from workflows.models import Run
    from workflows.runs.rerunning import Which


@require_POST
@requires(Permission.BUILD_WORKFLOWS)
def cancel(request: WorkspaceRequest, *, run_id: uuid.UUID) -> HttpResponse:
    """End a run before its time."""
    run = finding.run(request, run_id)
    try:
        runs.cancel(run, actor=request.actor)
    except SpojitError as refusal:
        messages.warning(request, refusal.message)
    else:
        tasks.announce()  # another run may have waited for it
        messages.success(request, "The run is cancelled. A call that was sent is not taken back.")
    return redirect(paths.run(request.workspace.slug, run.pk))


@require_POST
@requires(Permission.BUILD_WORKFLOWS)
def rerun(request: WorkspaceRequest, *, run_id: uuid.UUID) -> HttpResponse:
    """Run it again: `begin` is `start` or `failed`, `version` is `same` or `live`."""
    run, slug = finding.run(request, run_id), request.workspace.slug
    from_failed = request.POST.get("begin") == "failed"
    version: Which = "live" if request.POST.get("version") == "live" else "same"
    try:
        made = runs.rerun(run, actor=request.actor, from_failed=from_failed, version=version)
    except SpojitError as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
        return redirect(paths.run(slug, run.pk))
    tasks.announce()
    messages.success(request, _said(run, from_failed=from_failed, version=version))
    return redirect(paths.run(slug, made.pk))


@require_POST
@requires(Permission.BUILD_WORKFLOWS)
def rerun_failed(request: WorkspaceRequest, *, connection_id: uuid.UUID) -> HttpResponse:
    """Run again, together, what failed because a connection did not work; a worker does it."""
    connection = connections.used(request, connection_id)
    found = blamed.count(connection)
    if found is None:
        messages.warning(request, "No run waits to be run again.")
    else:
        tasks.rerun_blamed(connection, user=request.user)
        many = "1 run goes" if found.runs == 1 else f"{found.runs:,} runs go"
        messages.success(request, f"{many} on from the failed steps, behind what people wait for.")
    return redirect(showing.page(request.workspace.slug, connection, "detail"))


def _said(run: Run, *, from_failed: bool, version: Which) -> str:
    if not from_failed:
        return "This is the new run, from the start with the same data."
    differs = rerunning.plan(run, version=version).differs
    if differs:
        return f"{differs} is another one in the live version, so that this new run begins there."
    return "This is the new run. What had been done was copied, and is not done again."
