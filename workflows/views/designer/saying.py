"""Answers to edits: nothing to swap but what is said, and what the page should know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django_htmx.http import trigger_client_event

from workflows.views import paths

if TYPE_CHECKING:
    import uuid

    from django.http import HttpResponse

    from spojit.lib.errors import Refused
    from workspaces.access import WorkspaceRequest

REFUSED = 422


def done(
    request: WorkspaceRequest,
    workflow_id: uuid.UUID,
    *,
    chosen: str | None = None,
    said: str = "",
    level: str = "success",
) -> HttpResponse:
    """Tell the page that the draft is another one.

    Args:
        request: who edited.
        workflow_id: whose draft.
        chosen: the step that the panel is to show; "" closes it, None leaves it.
        said: what came of it, when the canvas does not show that.
        level: `success`, `warning` or `error`.
    """
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(paths.page(request.workspace.slug, workflow_id, "designer"))
    answer = _said(request, [(level, said)] if said else [])
    if chosen is not None:
        trigger_client_event(answer, "step-chosen", {"id": chosen})
    return trigger_client_event(answer, "draft-changed")


def moved(request: WorkspaceRequest, workflow_id: uuid.UUID, said: str) -> HttpResponse:
    """Tell the page that the draft went back or on: an open panel is asked anew."""
    answer = done(request, workflow_id, said=said, level="info")
    return trigger_client_event(answer, "draft-moved") if request.htmx else answer  # type: ignore[attr-defined]


def refused(request: WorkspaceRequest, refusal: Refused, **events: Any) -> HttpResponse:
    """Tell why nothing was done."""
    text = f"{refusal.message} {refusal.hint}".strip()
    answer = _said(request, [("error", text)], status=REFUSED)
    for name, told in events.items():
        trigger_client_event(answer, name.replace("_", "-"), told)
    return answer


def _said(
    request: WorkspaceRequest, toasts: list[tuple[str, str]], *, status: int = 200
) -> HttpResponse:
    return render(request, "workflows/designer/_said.html", {"toasts": toasts}, status=status)
