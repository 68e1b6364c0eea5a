"""Transform: an object out of expressions. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.definition import settings as kinds
from workflows.engine.results import Done

if TYPE_CHECKING:
    from workflows.engine.visit import Visit


def run(visit: Visit) -> Done:
    """Work the values out."""
    settings = visit.node.settings
    assert isinstance(settings, kinds.Transform)
    return Done(visit.scope.fill(settings.values))
