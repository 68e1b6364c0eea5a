"""Parallel: its branches side by side, then on. Pure.

A branch that waits keeps no other one from going on; calls are made one after another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.definition import settings as kinds
from workflows.engine.results import Done, Failed, Waits

if TYPE_CHECKING:
    from workflows.engine.visit import Visit


def run(visit: Visit) -> Done:
    """Walk each branch as far as it goes.

    When a branch fails: `stop` fails at once; else the other branches are walked to their end.
    """
    settings = visit.node.settings
    assert isinstance(settings, kinds.Parallel)
    waits: list[Waits] = []
    failures: list[Failed] = []
    for number in range(1, settings.branches + 1):
        try:
            visit.walk(f"branch_{number}", visit.scope, visit.prefix)
        except Waits as one:
            waits.append(one)
        except Failed as failure:
            if settings.on_failure == "stop":
                raise
            failures.append(failure)
    if waits:
        raise Waits.together(waits)
    if failures and settings.on_failure == "branch":
        raise failures[0]
    return Done({"failed": len(failures)}, output="done")
