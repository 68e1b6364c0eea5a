"""A workflow's versions: all of them, one of them, two side by side, an older one again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from spojit.lib.errors import Refused
from workflows import drafts, versions
from workflows.definition.comparing import compare
from workflows.models import Version
from workflows.views import differences, finding, paths
from workflows.views.framing import frame
from workspaces.access import WorkspaceRequest, requires
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid

    from django.db.models import QuerySet
    from django.http import HttpResponse

    from workflows.models import Workflow

ROWS_ON_A_PAGE = 50
MOST_OFFERED = 200


@require_safe
@requires(Permission.SEE)
def index(request: WorkspaceRequest, *, workflow_id: uuid.UUID) -> HttpResponse:
    """List the versions, the newest first."""
    workflow = finding.workflow(request, workflow_id)
    rows = _versions(workflow).defer("definition").order_by("-number")
    page = Paginator(rows, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "workflow": frame(request, workflow, tab="versions"),
        "rows": [_row(request, workflow, row) for row in page],
        "page": page,
        "query": "",
    }
    return render(request, "workflows/versions.html", context)


@require_safe
@requires(Permission.SEE)
def detail(request: WorkspaceRequest, *, workflow_id: uuid.UUID, number: int) -> HttpResponse:
    """Show what a version contains, or what differs between it and the one that `with` names."""
    workflow = finding.workflow(request, workflow_id)
    version, other = _version(workflow, number), _other(request, workflow)
    compared = compare(other.definition if other else None, version.definition)
    context = {
        "workflow": frame(request, workflow, tab="versions"),
        "version": _row(request, workflow, version),
        "other": _row(request, workflow, other) if other else None,
        "problems": version.problems,
        "choices": _choices(workflow, version, other),
        "differences": differences.shown(request, compared, problems=version.problems),
    }
    return render(request, "workflows/version.html", context)


@require_POST
@requires(Permission.BUILD_WORKFLOWS)
def restoration(request: WorkspaceRequest, *, workflow_id: uuid.UUID, number: int) -> HttpResponse:
    """Save an older version again, as the latest one; the designer goes on from it."""
    workflow = finding.workflow(request, workflow_id)
    _version(workflow, number)
    try:
        restored = versions.restore(workflow, number=number, actor=request.actor)
        drafts.follow(workflow, actor=request.actor)
    except Refused as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    else:
        _tell(request, restored, number)
    return redirect(paths.page(request.workspace.slug, workflow.pk, "versions"))


def _tell(request: WorkspaceRequest, restored: Version, number: int) -> None:
    if restored.is_sound:
        said = f"Version {number} is back as version {restored.number}, and live."
        messages.success(request, said)
        return
    said = f"Version {number} is back as version {restored.number}. It has problems by now, "
    messages.warning(request, said + "so the live one goes on.")


def _versions(workflow: Workflow) -> QuerySet[Version]:
    """Those that were saved; what was made for a trial run has no number."""
    return Version.objects.filter(workflow=workflow, number__isnull=False)


def _version(workflow: Workflow, number: int) -> Version:
    found: Version | None = _versions(workflow).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _other(request: WorkspaceRequest, workflow: Workflow) -> Version | None:
    asked = request.GET.get("with", "")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
        raise Http404
    return _version(workflow, int(asked))


def _row(request: WorkspaceRequest, workflow: Workflow, version: Version) -> dict[str, Any]:
    url = _url(request, workflow, version, "version")
    is_latest = version.pk == workflow.latest_id
    number = version.number or 0
    return {
        "number": number,
        "url": url,
        "by": version.created_by_name,
        "at": version.created_at,
        "note": version.note,
        "is_live": version.pk == workflow.live_id,
        "is_latest": is_latest,
        "problem_count": len(version.problems),
        "changes_url": f"{url}?with={number - 1}" if number > 1 else "",
        "restore_url": "" if is_latest else _url(request, workflow, version, "restoration"),
    }


def _url(request: WorkspaceRequest, workflow: Workflow, version: Version, name: str) -> str:
    arguments = {"slug": request.workspace.slug, "workflow_id": workflow.pk}
    return reverse(f"workflows:{name}", kwargs={**arguments, "number": version.number})


def _choices(workflow: Workflow, version: Version, other: Version | None) -> list[dict[str, Any]]:
    """Offer the newest versions to compare with, and the one that is compared."""
    rows = _versions(workflow).exclude(pk=version.pk).order_by("-number")
    numbers = list(rows.values_list("number", flat=True)[:MOST_OFFERED])
    chosen = other.number if other else None
    if chosen is not None and chosen not in numbers:
        numbers.append(chosen)
    return [
        {"value": number, "label": f"version {number}", "is_selected": number == chosen}
        for number in numbers
        if number is not None
    ]
