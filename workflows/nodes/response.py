"""Response: what the run gives back. Nothing hangs on it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.definition import settings as kinds
from workflows.engine.results import Done

if TYPE_CHECKING:
    from workflows.engine.visit import Visit


def run(visit: Visit) -> Done:
    """Work the body and the headers out."""
    settings = visit.node.settings
    assert isinstance(settings, kinds.Response)
    filled = visit.scope.fill({"body": settings.body, "headers": settings.headers})
    response = {"status": settings.status, **filled}
    return Done(response, output="", response=response)
