"""Condition: goes on at `yes` or at `no`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.definition import settings as kinds
from workflows.engine.results import Done
from workflows.nodes import truth

if TYPE_CHECKING:
    from workflows.engine.visit import Visit


def run(visit: Visit) -> Done:
    """Decide."""
    settings = visit.node.settings
    assert isinstance(settings, kinds.Condition)
    if settings.expression:
        is_yes = truth.is_true(visit.scope.fill(settings.expression))
    else:
        decide = all if settings.match == "all" else any
        is_yes = decide(_holds(visit, comparison) for comparison in settings.comparisons)
    return Done(is_yes, output="yes" if is_yes else "no")


def _holds(visit: Visit, comparison: kinds.Comparison) -> bool:
    value, other = visit.scope.fill([comparison.value, comparison.with_])
    return truth.holds(comparison.operator, value, other)
