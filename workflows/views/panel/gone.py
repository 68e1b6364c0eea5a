"""A step that was removed meanwhile: htmx is told so in its place, a browser gets a 404."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render

if TYPE_CHECKING:
    from django.http import HttpResponseBase

    from workspaces.access import Guarded, WorkspaceRequest


class StepGone(Http404):
    """The draft has no such step, or not any more."""


def told(view: Guarded) -> Guarded:
    """Show that the step is gone, in place of a panel that would stay as it was."""

    @wraps(view)
    def guarded(request: WorkspaceRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        try:
            return view(request, *arguments, **named)
        except StepGone:
            if not request.htmx:  # type: ignore[attr-defined]
                raise
            return render(request, "workflows/panel/_gone.html")

    return guarded
