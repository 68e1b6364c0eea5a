"""Approvals: the inbox of what waits to be decided, and one question with its decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from spojit.lib.errors import Refused
from workflows import approvals as domain, tasks
from workflows.forms.deciding import DecisionForm
from workflows.models import Approval, Decision
from workflows.views import asked
from workspaces.access import WorkspaceRequest, requires
from workspaces.forms import posted
from workspaces.roles import Permission

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

PAGE = 30
SHOWS = {"mine": "For me", "all": "All that wait", "over": "Decided"}


@require_safe
@requires(Permission.SEE)
def index(request: WorkspaceRequest) -> HttpResponse:
    """List what waits for this member, what waits for anybody, or what is over."""
    show = request.GET.get("show", "")
    show = show if show in SHOWS else asked.first_tab(request.membership)
    page = Paginator(_listed(request, show), PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": asked.rows(request.membership, list(page)),
        "page": page,
        "query": f"show={show}",
        "show": show,
        "tabs": asked.tabs(request, SHOWS, show),
    }
    return render(request, "workflows/approvals/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.SEE)
def detail(request: WorkspaceRequest, *, approval_id: uuid.UUID) -> HttpResponse:
    """Show one question; POST decides it."""
    approval = _find(request, approval_id)
    form = DecisionForm(posted(request))
    may_decide = bool(domain.asked_of(request.membership, [approval]))
    if request.method == "POST" and not may_decide:
        raise PermissionDenied
    if form.is_valid():
        _decide(request, approval, form.cleaned_data)
        return redirect(approval)
    context = asked.context(request, approval, may_decide=may_decide) | {"form": form}
    status = 422 if form.is_bound else 200
    return render(request, "workflows/approvals/detail.html", context, status=status)


def _decide(request: WorkspaceRequest, approval: Approval, told: dict[str, Any]) -> None:
    try:
        made = domain.decide(
            approval, decision=told["decision"], note=told["note"], actor=request.actor
        )
    except Refused as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
        return
    tasks.announce()
    word = Decision(made.decision).label.lower()
    messages.success(request, f"You {word} it. The run goes on.")


def _listed(request: WorkspaceRequest, show: str) -> Sequence[Approval] | Any:
    workspace_id = request.workspace.pk
    if show == "mine":
        return domain.waiting_for(request.membership)
    return domain.open_to_all(workspace_id) if show == "all" else domain.over(workspace_id)


def _find(request: WorkspaceRequest, approval_id: uuid.UUID) -> Approval:
    rows = Approval.objects.filter(workspace_id=request.workspace.pk, pk=approval_id)
    found: Approval | None = rows.select_related("run__workflow").first()
    if found is None:
        raise Http404
    found.workspace = found.run.workspace = request.workspace
    return found
